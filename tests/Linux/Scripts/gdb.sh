#!/bin/sh
# Debian's gdb on a tiny guest of two vCPUs, and on a stock kernel from its first instruction on; each goes on unharmed and powers off.
# usage: gdb.sh VMM KERNEL INITRD. Prints what went well; the first thing that does not ends it.
#
# Debian's kernel has no symbols without its -dbg package, and its System.map is a placeholder. The kernel that is debugged is the vmlinux
# beside the bzImage: without KASLR it lies where its program headers say, so a string of its read-only data is found by its place in the
# file, and where its functions are a guest of the same kernel says. The lab's emulated processor has neither kind of breakpoint (TCG knows
# no intercept of int3, and loads no debug registers for a guest); there break is a port read over the kernel's code.
set -eu
vmm=$1 kernel=$2 initrd=$3
command -v gdb >/dev/null || { echo "skipped: no gdb here"; exit 77; }
vmlinux=$(dirname "$(dirname "$kernel")")/vmlinux
work=/tmp/gdb.$$
mkdir "$work"
export VMM_HOME=$work/home
trap 'kill $vm 2>/dev/null || true; rm -rf "$work"' EXIT
vm=
. "$(dirname "$0")/waiting.sh"

show() { tail -n 40 "$work/gdb.log" "$work/vmm.log"; }
fails() { echo "$1"; tail -n 60 "$work/gdb.log" "$work/vmm.log" "$work/console" 2>/dev/null; exit 1; }
said() { grep -q -e "$1" "$work/gdb.log" || fails "gdb did not say: $1"; }
# begin OPTIONS…: a guest that waits for its debugger.
begin() {
    rm -f "$work/console"
    "$vmm" run --gdb "unix:$work/sock" --console "file=$work/console" "$@" 2>"$work/vmm.log" &
    vm=$!
    awaited=$vm
    until_true grep -q 'waits for a debugger' "$work/vmm.log"
}
# ends: the guest went on and powered off.
ends() { wait $vm || fails "vmm ended with $?"; vm=; }
debug() { timeout 300 gdb -nx -nh -batch -ex 'set confirm off' -ex 'set pagination off' -ex 'set remotetimeout 100' -ex "target remote $work/sock" "$@" >"$work/gdb.log" 2>&1 || fails "gdb failed"; }

begin --firmware count --cpus 2 --cmdline n=1000
debug -ex 'info threads' -ex 'p/x $pc' -ex 'x/2i $pc' -ex 'stepi' -ex 'stepi' -ex 'set $third = $pc' -ex 'set $pc = 0x100000' -ex 'p $third' \
    -ex 'info registers rip cr0 efer fs_base mxcsr ftag' -ex 'p $xmm0' -ex 'p $st0' -ex 'set {int}0x9000 = 0x12345678' -ex 'p/x *(short*)0x9002' -ex 'set $xmm3.uint128 = 77' -ex 'p $xmm3.uint128' \
    -ex 'thread 2' -ex 'info registers rip' -ex 'x/1xb 0xf0000000' -ex 'monitor info' -ex 'detach'
said '^\* 1 .*vCPU 0'
said '^  2 .*vCPU 1 \[not started\]'
said '^\$1 = 0x100000'
said '^\$2 = .*0x100002'
said '^cr0 '
said '^\$5 = 0x1234'
said '^\$6 = 77'
said 'Switching to thread 2'
said 'Cannot access memory at address 0xf0000000'
said '2 vCPUs, .* MiB of RAM; break '
said 'detached'
ends
grep -q 'count: 2 of 2 vCPUs, sum 2000' "$work/console" || fails "the tiny guest did not do its work"
echo "ok tiny guest: read, written, stepped, both vCPUs seen, powered off"

begin --firmware count --cpus 2 --cmdline n=1000
debug -ex 'monitor info' -ex 'break *0x100002' -ex continue -ex 'p/x $pc' -ex delete -ex 'hbreak *0x100008' -ex continue -ex 'p/x $pc' -ex delete -ex detach
at=0x100000
for one in 'break 1 0x100002' 'hbreak 2 0x100008'; do
    set -- $one
    if grep -q "[ ;]$1 works" "$work/gdb.log"; then
        at=$3
        echo "ok $1: the guest was stopped"
    else
        said 'Cannot insert'
        echo "ok $1: refused, for it does not work on this machine"
    fi
    said "^\\\$$2 = $at"
done
ends
grep -q 'count: 2 of 2 vCPUs, sum 2000' "$work/console" || fails "the tiny guest did not do its work"

# Where a string is that the kernel has in its first segment.
at=$(grep -abo -m 1 'Linux version [0-9]' "$vmlinux" | head -n 1 | cut -d: -f1)
set -- $(readelf -lW "$vmlinux" | grep -m 1 LOAD)
physical=$(printf '0x%x' $(($4 + at - $2)))
# The kernel is linked 2 GiB below the end of the address space, where the beginning of memory is to be found.
banner=$(printf '0x%x' $(($4 + at - $2 - 0x80000000)))

# Where the kernel's functions are, by a guest that has none of them moved.
script='sed -n "s/^\([0-9a-f]*\) [Tt] \(start_kernel\|kernel_init\)$/\2 0x\1/p" /proc/kallsyms'
"$vmm" run --kernel "$vmlinux" --initrd "$initrd" --memory 256M --cmdline "console=ttyS0 quiet nokaslr $unhurried vmm.run64=$(printf '%s\n' "$script" | base64 -w0)" >"$work/symbols" </dev/null
symbol() { tr -d '\r' <"$work/symbols" | sed -n "s/^$1 //p"; }
start=$(symbol start_kernel) init=$(symbol kernel_init)
[ -n "$start" ] && [ -n "$init" ] || fails "the kernel did not say where its functions are: $(cat "$work/symbols")"

script='for n in $(seq 100); do echo "tick $n"; sleep 0.2; done; echo "still $(uname -s)"'
begin --kernel "$vmlinux" --initrd "$initrd" --memory 256M --cpus 2 --cmdline "console=ttyS0 quiet nokaslr $unhurried vmm.run64=$(echo "$script" | base64 -w0)"
cat >"$work/commands" <<END
info registers cr0 cr3
p (\$cr0 >> 31) & 1
x/s $physical
stepi
stepi
x/i \$pc
break *$(printf '0x%x' $((0x${start#0xffffffff} - 0x80000000)))
continue
delete
p \$pc == $start
p (\$cr0 >> 31) & 1
x/s $banner
break *$init
continue
p \$pc == $init
info threads
stepi
delete
continue
p (\$cr0 >> 31) & 1
x/s $banner
info threads
stepi
stepi
thread 2
info registers rip cr3 gs_base efer
p \$gs_base != 0 || \$k_gs_base != 0
detach
END
gdb -nx -nh -batch -ex 'set pagination off' -ex 'set remotetimeout 100' -ex "target remote $work/sock" -x "$work/commands" >"$work/gdb.log" 2>&1 &
debugger=$!
awaited="$vm $debugger"
until_true grep -q 'tick 2' "$work/console"
kill -INT $debugger
wait $debugger || fails "gdb ended with $?"
awaited=$vm
said '^\$1 = 0'
said 'SIGINT'
for one in 2 3 4 5 6; do said "^\\\$$one = 1"; done
[ "$(grep -c "^0x[0-9a-f]*:.*Linux version" "$work/gdb.log")" = 3 ] || fails "the kernel's banner was not read three times"
said "^$banner:.*Linux version"
said 'Thread 2 (vCPU 1 \['
said 'detached'
ends
grep -q 'still Linux' "$work/console" && grep -q 'VMM-GUEST-EXIT=0' "$work/console" || fails "the stock guest did not do its work"
! grep -i -e 'soft lockup' -e 'rcu.*stall' -e 'general protection' -e 'Oops' "$work/console" || fails "the stock guest was harmed"
echo "ok stock kernel: from its first instruction on, read before and after it has page tables, stepped, stopped in start_kernel and kernel_init, stopped by Ctrl-C, detached, powered off"

# Ctrl-C, and the end of a debugger that does not detach: the guest runs on.
begin --name watched --firmware monitor
gdb -nx -nh -batch -ex 'set remotetimeout 100' -ex "target remote $work/sock" -ex continue -ex 'p/x $pc' >"$work/gdb.log" 2>&1 &
debugger=$!
awaited="$vm $debugger"
running() { "$vmm" list --output json | grep -q '"running"'; }
until_true running
! "$vmm" pause watched 2>"$work/refusal" || fails "paused under a debugger"
grep -q 'a debugger is attached at unix:' "$work/refusal" || fails "refused otherwise: $(cat "$work/refusal")"
# Looking stops it for a moment only, which its debugger does not hear of.
"$vmm" inspect watched registers >"$work/text"
grep -q '^rip ' "$work/text"
running
kill -INT $debugger
wait $debugger || fails "gdb ended with $?"
said 'SIGINT'
said '^\$1 = 0x'
awaited=$vm
until_true running
kill $vm
wait $vm && fails "a killed vmm ended well" || [ $? = 143 ] || fails "vmm ended with another code"
vm=
[ ! -e "$work/sock" ] || fails "the socket is left"
echo "ok over: stopped by Ctrl-C, nothing else may stop it meanwhile, runs on without its debugger"
