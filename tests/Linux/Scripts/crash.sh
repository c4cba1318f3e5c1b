#!/bin/sh
# Guests that crash and are kept: held, looked at, dumped, started again and ended; and under Debian's gdb, with and without that.
# usage: crash.sh VMM KERNEL INITRD. Prints what went well; the first thing that does not ends it. The kernel is not used: two tiny
# images crash by themselves, one by code where there is no RAM, one by a triple fault.
set -eu
vmm=$1
work=/tmp/crash.$$
mkdir "$work"
export VMM_HOME=$work/home
. "$(dirname "$0")/waiting.sh"
trap '"$vmm" list --quiet | xargs -r "$vmm" kill >/dev/null 2>&1 || true; kill $vm 2>/dev/null || true; rm -rf "$work"' EXIT
vm=

show() { tail -n 40 "$work"/*.log "$work/text" 2>/dev/null || true; }
fail() { echo "$1"; show; exit 1; }
has() { grep -q -e "$1" "$work/text" || fail "no '$1'"; }
state() { "$vmm" list | awk -v name="$1" '$1 == name { print $2 }'; }
is() { [ "$(state "$1")" = "$2" ]; }
# image CODE: a Multiboot kernel of that code, in octal, entered in 32-bit mode at 0x100020.
image() {
    printf '\002\260\255\033\000\000\001\000\376\117\121\344\000\000\020\000\000\000\020\000\200\000\020\000\200\000\020\000\040\000\020\000'
    printf "$1"
    head -c 96 /dev/zero
}
# mov edi, 0xd0000000; jmp edi. And lidt [0x100040], where there are zeroes; ud2.
image '\277\000\000\000\320\377\347' >"$work/astray"
image '\017\001\035\100\000\020\000\017\013' >"$work/triple"

"$vmm" run -d --name astray --kernel "$work/astray" --memory 16M --on-crash preserve
until_true is astray crashed
"$vmm" logs --vmm astray >"$work/text"
has 'KVM cannot run an instruction of it'
has 'cause: the guest runs code at physical 0xd0000000'
has 'held as it is'
"$vmm" inspect astray registers >"$work/text"
has '^rip .*d0000000'
"$vmm" inspect astray code 0x100020 --count 2 >"$work/text"
has 'mov edi'
has 'jmp edi'
"$vmm" coredump astray "$work/core" >/dev/null
[ -s "$work/core" ]
echo "ok code where there is no RAM: held, looked at, dumped"

for verb in pause resume nmi stop "snapshot $work/no"; do
    set -- $verb
    ! "$vmm" $1 astray ${2-} 2>"$work/text" || fail "$1 was done"
    has 'the VM is crashed'
    has 'look at it (inspect, coredump), start it again (reboot) or end it (stop --force)'
done
[ ! -e "$work/no" ]
crashes() { [ "$(grep -c '"crashed"' "$VMM_HOME/events.jsonl")" -eq "$1" ]; }
crashes 1
"$vmm" reboot astray
until_true crashes 2
until_true is astray crashed
"$vmm" stop --force astray
"$vmm" list >"$work/text"
has '^astray  *failed .*not emulated (8)'
"$vmm" rm astray
echo "ok what wants a living guest is refused; started again it crashes again; its end is the crash"

"$vmm" run -d --name triple --kernel "$work/triple" --memory 16M --on-crash preserve
until_true is triple crashed
"$vmm" inspect triple memory 0x100020 --count 16 >"$work/text"
has '0f 01 1d 40'
"$vmm" kill triple
"$vmm" list >"$work/text"
has '^triple  *failed .*crashed (6)'
echo "ok a triple fault is held, too"

command -v gdb >/dev/null || { echo "skipped: no gdb here"; exit 77; }
# begin OPTIONS…: a guest that waits for its debugger.
begin() {
    "$vmm" run --gdb "unix:$work/sock" --kernel "$work/astray" --memory 16M "$@" 2>"$work/vmm.log" &
    vm=$!
    awaited=$vm
    until_true grep -q 'waits for a debugger' "$work/vmm.log"
}
debug() { timeout 300 gdb -nx -nh -batch -ex 'set confirm off' -ex 'set pagination off' -ex 'set remotetimeout 100' -ex "target remote $work/sock" "$@" >"$work/text" 2>&1 || fail "gdb failed"; }

begin
debug -ex continue -ex 'p/x $edi' -ex 'p/x $pc' -ex 'x/2i 0x100020' -ex continue
has 'received signal SIGSEGV'
has '^\$1 = 0xd0000000'
has '^\$2 = 0xd0000000'
has 'jmp .*di'
has 'terminated with signal SIGSEGV'
code=0
wait $vm || code=$?
[ $code -eq 8 ] || fail "vmm ended with $code"
grep -q 'held as it is for the debugger' "$work/vmm.log"
begin
debug -ex continue -ex detach
has 'received signal SIGSEGV'
code=0
wait $vm || code=$?
[ $code -eq 8 ] || fail "vmm ended with $code"
echo "ok gdb: the crash is a signal, and the guest can be looked at; going on, or leaving, ends it"

begin --name kept --on-crash preserve
debug -ex stepi -ex "shell $vmm inspect kept registers; $vmm coredump kept $work/core.2; $vmm snapshot kept $work/no" -ex 'p/x $pc' -ex continue -ex continue -ex detach
# Looking is possible beside a debugger, and changes nothing for it; what would hold the guest, or let it go, is not.
has '^rip .*100025'
[ -s "$work/core.2" ]
has 'cannot take a snapshot: a debugger is attached'
has '^\$1 = 0x100025'
[ "$(grep -c 'received signal SIGSEGV' "$work/text")" -eq 2 ] || fail "not told twice"
is kept crashed
debug -ex 'p/x $pc' -ex detach
has 'SIGSEGV\|^\$1 = 0xd0000000'
"$vmm" inspect kept registers >"$work/text"
has '^rip .*d0000000'
"$vmm" kill kept
code=0
wait $vm || code=$?
[ $code -eq 8 ] || fail "vmm ended with $code"
vm=
awaited=
echo "ok over: one that is preserved is told of again, and outlives its debuggers"
