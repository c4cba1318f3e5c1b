#!/bin/sh
# A whole boot of a stock kernel, traced: no exit is missing, what the file says later is what was counted, and it is shown without KVM.
# usage: trace.sh VMM KERNEL INITRD. Prints what went well; the first thing that does not ends it.
set -eu
vmm=$1 kernel=$2 initrd=$3
. "$(dirname "$0")/waiting.sh"
work=/tmp/trace.$$
export VMM_HOME=$work/home
mkdir -p "$work"
trap '"$vmm" kill watched modes stepped held >/dev/null 2>&1 || true; rm -rf "$work"' EXIT

boot() { # NAME OPTIONS…
    name=$1
    shift
    "$vmm" run --kernel "$kernel" --initrd "$initrd" --memory 256M --cpus 2 --console "file=$work/$name.console" --stats "$@" \
        --cmdline "console=ttyS0 nokaslr quiet vmm.run64=$(echo 'grep -E " (_stext|start_kernel|_etext)$" /proc/kallsyms; echo done-with-it; poweroff -f' | base64 -w0)" 2>"$work/$name.said" </dev/null
}
boot plain
boot traced --trace "$work/trace"
grep -q done-with-it "$work/traced.console" || { cat "$work/traced.console"; exit 1; }
grep "exits are in $work/trace" "$work/traced.said"

# What was counted at the end, and what is in the trace.
counted=$(sed -n 's/^ *\([0-9,]*\)  exits in all$/\1/p' "$work/traced.said" | tr -d ,)
shown=$("$vmm" trace show "$work/trace" | wc -l)
[ "$counted" -eq "$shown" ] || { echo "counted $counted, recorded $shown"; cat "$work/traced.said"; exit 1; }
"$vmm" trace stats "$work/trace" --output json >"$work/stats.json"
grep -q '"complete": true' "$work/stats.json"
echo "ok every exit of a boot is there: $shown, in $(stat -c %s "$work/trace") bytes"

# The same lines each time; and what the guest printed is in them.
"$vmm" trace show "$work/trace" >"$work/first"
"$vmm" trace show "$work/trace" >"$work/second"
cmp "$work/first" "$work/second"
bytes=$("$vmm" trace show "$work/trace" --device serial0 --output json | sed -n 's/.*"access":"out".*"data":"\(..\)".*"register":"THR".*/\\x\1/p' | tr -d '\n')
env printf "$bytes" >"$work/said"
grep -q done-with-it "$work/said"
echo "ok shown again it says the same, and the console can be read from it"

# With symbols: the kernel's own addresses have names.
tr -d '\r' <"$work/traced.console" | grep -E '^[0-9a-f]{16} [A-Za-z] ' >"$work/map"
"$vmm" trace show "$work/trace" --symbols "$work/map" --reason io --count 20000 | grep -q '_stext+0x\|start_kernel+0x' || { head -3 "$work/first"; cat "$work/map"; exit 1; }
known=$("$vmm" trace show "$work/trace" --reason io,mmio | grep -vc '(before)')
of=$("$vmm" trace show "$work/trace" --reason io,mmio | wc -l)
[ "$known" -eq "$of" ]
echo "ok instructions of $known of $of accesses are known, addresses have names"

# A VM that runs: from outside, with a filter, and it runs on.
"$vmm" run -d --name watched --kernel "$kernel" --initrd "$initrd" --memory 256M \
    --cmdline "console=ttyS0 quiet vmm.run64=$(echo 'while :; do echo tick; sleep 1; done' | base64 -w0)" >/dev/null
awaited=watched
until_true sh -c "'$vmm' logs watched | grep -q tick"
"$vmm" trace watched --device serial0 --count 20 >"$work/live"
[ "$(wc -l <"$work/live")" -eq 20 ]
! grep -v serial0 "$work/live" || exit 1
"$vmm" trace watched --seconds 2 --save "$work/live.trace" 2>"$work/live.said"
grep "exits are in $work/live.trace" "$work/live.said"
"$vmm" trace stats "$work/live.trace" | grep -q 'The machine.s own accounting has'
# Whoever reads it and has enough ends it.
"$vmm" trace watched | head -n 3 >"$work/three"
"$vmm" logs watched --follow | head -n 1 >>"$work/three"
[ "$(wc -l <"$work/three")" -eq 4 ]
ticks=$("$vmm" logs watched | grep -c tick)
until_true sh -c "[ \$('$vmm' logs watched | grep -c tick) -gt $ticks ]"
"$vmm" kill watched
echo "ok a running VM is watched, and runs on"

# From its first instruction to its last, from outside: the end of the VM cuts nothing off.
"$vmm" run -d --paused --name whole --firmware hello >/dev/null
"$vmm" trace whole --save "$work/whole.trace" &
saver=$!
awaited=whole
until_true test -s "$work/whole.trace"
"$vmm" resume whole
wait "$saver"
"$vmm" trace stats "$work/whole.trace" --output json >"$work/whole.json"
grep -q '"complete": true' "$work/whole.json"
exits=$("$vmm" trace show "$work/whole.trace" | wc -l)
grep -q "\"io\": $exits" "$work/whole.json"
"$vmm" trace show "$work/whole.trace" | tail -n 1 | grep -q 'power off'
echo "ok a trace from outside has a guest's last exit: $exits in all"

# Instruction by instruction, from an address on: the way to long mode, and no exit before it.
"$vmm" run -d --paused --name modes --firmware modes >/dev/null
"$vmm" trace modes --resume --step --from 0x10061f --save "$work/steps.trace"
"$vmm" trace show "$work/steps.trace" >"$work/steps"
head -n 1 "$work/steps" | grep -q 'mov eax, cr4'
grep -q ' cr4=0x20 .*mov cr4, eax' "$work/steps"
grep -q ' efer=0x100 .*wrmsr' "$work/steps"
grep -q ' cr0=0x80000011 .*mov cr0, eax' "$work/steps"
tail -n 2 "$work/steps" | grep -q 'power off'
echo "ok stepped to long mode: $(wc -l <"$work/steps") lines"

# A stock kernel is stepped a while, on two vCPUs, and is none the worse for it.
"$vmm" run -d --name stepped --cpus 2 --kernel "$kernel" --initrd "$initrd" --memory 256M \
    --cmdline "console=ttyS0 $unhurried vmm.run64=$(echo 'while :; do echo tick; sleep 1; done' | base64 -w0)" >/dev/null
awaited=stepped
until_true sh -c "'$vmm' logs stepped | grep -q tick"
"$vmm" trace stepped --step --count 3000 --save "$work/stepped.trace"
[ "$("$vmm" trace show "$work/stepped.trace" --reason debug | wc -l)" -gt 1000 ]
ticks=$("$vmm" logs stepped | grep -c tick)
until_true sh -c "[ \$('$vmm' logs stepped | grep -c tick) -gt $((ticks + 3)) ]"
! "$vmm" logs stepped | sed -n '/tick/,$p' | grep -iE 'stray|trap|oops|bug:|call trace' || exit 1
"$vmm" kill stepped
echo "ok a stock guest that was stepped goes on"

refused() { # WORDS COMMAND…
    words=$1
    shift
    if "$@" >"$work/refusal" 2>&1; then echo "was not refused: $*"; exit 1; fi
    grep -q "$words" "$work/refusal" || { echo "$* said: $(cat "$work/refusal")"; exit 1; }
}
refused 'it is no trace' "$vmm" trace show "$kernel"
refused 'is not overwritten' "$vmm" run --kernel "$kernel" --trace "$work/map"
refused 'was started for a debugger' sh -c "'$vmm' run -d --paused --rm --name held --firmware hello --gdb unix:$work/gdb >/dev/null && '$vmm' trace held --step"
"$vmm" info held | grep -q "^debugger .*$work/gdb, nobody attached"
"$vmm" kill held
refused 'none of' "$vmm" trace show "$work/trace" --reason oi
mkfifo "$work/fifo"
refused 'is no ordinary file' "$vmm" run --firmware hello --trace "$work/fifo"
head -c 2000 "$work/trace" >"$work/cut"
refused 'it was cut off' "$vmm" trace show "$work/cut"

seconds() { sed -n 's/^\([0-9.]*\) s in all$/\1/p' "$work/$1.said"; }
echo "ok traced $(seconds traced) s, not traced $(seconds plain) s"
