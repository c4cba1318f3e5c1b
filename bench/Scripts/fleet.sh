#!/bin/sh
# Many tiny idle VMs at once, under vmm and under QEMU microvm: the same guest, the same RAM.
# usage: fleet.sh VMM COUNT GUEST.elf. Prints one figure a line, `name value unit`.
set -eu
vmm=$1 count=$2 guest=$3
VMM_HOME=$(mktemp -d /tmp/fleet.XXXXXX)
export VMM_HOME
qemus=$VMM_HOME/qemu
finish() {
    "$vmm" list --quiet 2>/dev/null | xargs -r "$vmm" kill >/dev/null 2>&1 || true
    for file in "$qemus"/*.pid; do [ -e "$file" ] && kill "$(cat "$file")" 2>/dev/null || true; done
    rm -rf "$VMM_HOME"
}
trap finish EXIT

now() { cut -d' ' -f1 /proc/uptime; }
since() { echo "$1 $(now)" | awk '{ printf "%.2f", $2 - $1 }'; }
# timed NAME COMMAND…
timed() {
    name=$1 start=$(now)
    shift
    "$@" >/dev/null
    echo "$name $(since "$start") s"
}
# memory NAME PID…: what the processes take together (each shared page once), and what the middle one has for itself.
memory() {
    name=$1
    shift
    for pid in "$@"; do
        awk '/^Pss:/ { pss += $2 } /^Private_(Clean|Dirty):/ { own += $2 } END { print pss, own }' "/proc/$pid/smaps_rollup"
    done | sort -k2 -n | awk -v name="$name" '{ pss += $1; own[NR] = $2 } END { printf "%s-total %.1f MiB\n%s-private-p50 %.2f MiB\n", name, pss / 1024, name, own[int((NR + 1) / 2)] / 1024 }'
}
start_vmms() { for i in $(seq "$count"); do "$vmm" run -d --name "v$i" --kernel "$guest" --memory 16M; done; }
start_qemus() {
    mkdir "$qemus"
    for i in $(seq "$count"); do
        qemu-system-x86_64 -M microvm -accel kvm -m 16M -nodefaults -no-user-config -display none -serial null -kernel "$guest" \
            -daemonize -pidfile "$qemus/$i.pid"
    done
}
names() { "$vmm" list --quiet; }

before=$(awk '/MemAvailable/ { print $2 }' /proc/meminfo)
timed vmm-start start_vmms
[ "$(names | wc -l)" = "$count" ]
timed vmm-list "$vmm" list
timed vmm-pause "$vmm" pause $(names)
[ "$("$vmm" list | grep -c ' paused ')" = "$count" ]
timed vmm-resume "$vmm" resume $(names)
memory vmm $(for name in $(names); do sed -n 's/.*"pid": \([0-9]*\).*/\1/p' "$VMM_HOME/$name/state.json"; done)
awk -v before="$before" '/MemAvailable/ { printf "vmm-host-memory %.1f MiB\n", (before - $2) / 1024 }' /proc/meminfo
timed vmm-stop "$vmm" kill $(names)
timed vmm-remove "$vmm" rm $(names)
echo "vmm-left $(find "$VMM_HOME" -mindepth 1 ! -name 'events.jsonl*' | wc -l) files"

before=$(awk '/MemAvailable/ { print $2 }' /proc/meminfo)
timed qemu-start start_qemus
memory qemu $(cat "$qemus"/*.pid)
awk -v before="$before" '/MemAvailable/ { printf "qemu-host-memory %.1f MiB\n", (before - $2) / 1024 }' /proc/meminfo
