#!/bin/sh
# Finds which functions starts of vmm call, in the order of their first calls, and writes them to src/Vmm/startup.order, by which the
# compiler lays them side by side: a start then has a megabyte and a half of code mapped instead of seven. Names that a later vmm no longer has do no
# harm, so this is to be run now and then: `make order`, then build again. What the starts need of KVM they have here, or in the lab.
# Before all of them comes what every exit of a guest calls: it is in one page, which is all that a processor has to look for again.
set -eu
cd "$(dirname "$0")/../.."
every_exit='vmm_Vmm_Machine_VcpuThread__Loop
vmm_Vmm_Kvm_KvmVcpu__Run
vmm_Vmm_Machine_Exits_ExitDispatcher__Dispatch
vmm_Vmm_Machine_Exits_ExitDispatcher__AccessPort
vmm_Vmm_Machine_Exits_ExitDispatcher__AccessMemory
vmm_Vmm_Machine_Exits_ExitDispatcher__AccessMsr'

if [ $# -eq 0 ]; then
    # The one folder that is writable on both sides.
    work=$PWD/out/lab${VMM_LAB_NAME:+-$VMM_LAB_NAME}/work/order
    mkdir -p "$work"
    rm -f "$work"/*
    gcc -O2 -Wall -o "$work/first_calls" bench/Native/first_calls.c
    section=$(readelf -SW out/publish/vmm.dbg 2>/dev/null | sed -n 's/^ *\[ *\([0-9]*\)\] __managedcode .*/\1/p')
    readelf -sW out/publish/vmm.dbg 2>/dev/null | awk -v section="$section" '$4 == "FUNC" && $7 == section { print $2, $8 }' | sort >"$work/functions"
    for function in $every_exit; do
        grep -q " $function$" "$work/functions" || { echo "order.sh: $function is no function of vmm any more" >&2; exit 1; }
    done
    tests/Lab/lab fetch >"$work/files"
    tests/Lab/lab run -- sh bench/Scripts/order.sh "$work"
    { echo "$every_exit"; cat "$work"/calls.*; } | awk '!seen[$0]++' >"$work/order"
    cp "$work/order" src/Vmm/startup.order
    echo "src/Vmm/startup.order: $(wc -l <src/Vmm/startup.order) functions of $(wc -l <"$work/functions")"
    exit
fi

work=$1
vmm=$PWD/out/vmm
# fetch's lines: NAME=path
file() { sed -n "s/^$1=//p" "$work/files"; }
VMM_HOME=$(mktemp -d)
export VMM_HOME
# Whatever fails, the guest that is frozen below does not outlive it.
trap '"$vmm" kill byte 2>/dev/null || true; rm -rf "$VMM_HOME"' EXIT
# calls NAME ARGUMENT…: of one run of vmm. That a guest ends by its debug exit is as good as any other end.
calls() {
    name=$1
    shift
    timeout 120 "$work/first_calls" "$work/functions" "$work/calls.$name" "$vmm" "$@" >"$VMM_HOME/said" </dev/null || true
    [ -s "$work/calls.$name" ] || { echo "order.sh: $name: nothing was called" >&2; exit 1; }
    echo "$name: $(wc -l <"$work/calls.$name") functions"
}
calls 1-byte run --firmware byte --memory 128M
"$vmm" run -d --name byte --firmware byte --memory 128M --paused
calls 2-snapshot snapshot byte "$VMM_HOME/snapshot"
calls 3-list list
"$vmm" kill byte
calls 4-restore restore "$VMM_HOME/snapshot" --name vmm
calls 5-linux run --kernel "$(file CLOUD_BZIMAGE)" --initrd "$(file CLOUD_INITRAMFS)" --cmdline "console=ttyS0 quiet vmm.run64=$(echo true | base64)" --cpus 2 --memory 256M --disk "$(file TOOLS_DISK),readonly=on"
cat "$VMM_HOME/said"
