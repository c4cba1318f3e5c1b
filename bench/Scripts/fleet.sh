#!/bin/sh
# Many tiny idle VMs at once, under vmm and under QEMU microvm: the same guest, the same RAM.
# usage: fleet.sh VMM COUNT BESIDE GUEST.elf: COUNT under vmm, then BESIDE under each. Prints one figure a line, `name value unit`.
set -eu
vmm=$1 beside=$3 guest=$4
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
    what=$1 start=$(now)
    shift
    "$@" >/dev/null
    echo "$what $(since "$start") s"
}
# memory NAME PID…: what the processes take together (each shared page once), and what the middle one has for itself.
memory() {
    whose=$1
    shift
    for pid in "$@"; do
        awk '/^Pss:/ { pss += $2 } /^Private_(Clean|Dirty):/ { own += $2 } END { print pss, own }' "/proc/$pid/smaps_rollup"
    done | sort -k2 -n | awk -v name="$whose" '{ pss += $1; own[NR] = $2 } END { printf "%s-total %.1f MiB\n%s-private-p50 %.2f MiB\n", name, pss / 1024, name, own[int((NR + 1) / 2)] / 1024 }'
}
start_vmms() { for i in $(seq "$1"); do "$vmm" run -d --name "v$i" --kernel "$guest" --memory 16M; done; }
start_qemus() {
    mkdir "$qemus"
    for i in $(seq "$1"); do
        qemu-system-x86_64 -M microvm -accel kvm -m 16M -nodefaults -no-user-config -display none -serial null -kernel "$guest" \
            -daemonize -pidfile "$qemus/$i.pid"
    done
}
names() { "$vmm" list --quiet; }
available() { awk '/MemAvailable/ { print $2 }' /proc/meminfo; }
# host NAME BEFORE: how much of the host's memory is gone since.
host() { echo "$1-host-memory $2 $(available)" | awk '{ printf "%s %.1f MiB\n", $1, ($2 - $3) / 1024 }'; }
# fleet NAME COUNT
fleet() {
    name=$1 count=$2 before=$(available)
    timed "$name-start" start_vmms "$count"
    [ "$(names | wc -l)" = "$count" ]
    timed "$name-list" "$vmm" list
    timed "$name-pause" "$vmm" pause $(names)
    [ "$("$vmm" list | grep -c ' paused ')" = "$count" ]
    timed "$name-resume" "$vmm" resume $(names)
    memory "$name" $(for one in $(names); do sed -n 's/.*"pid": \([0-9]*\).*/\1/p' "$VMM_HOME/$one/state.json"; done)
    host "$name" "$before"
    timed "$name-stop" "$vmm" kill $(names)
    timed "$name-remove" "$vmm" rm $(names)
    echo "$name-left $(find "$VMM_HOME" -mindepth 1 ! -name 'events.jsonl*' | wc -l) files"
}

fleet all "$2"
fleet vmm "$beside"
before=$(available)
timed qemu-start start_qemus "$beside"
memory qemu $(cat "$qemus"/*.pid)
host qemu "$before"
