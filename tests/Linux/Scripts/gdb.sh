#!/bin/sh
# Debian's gdb on a tiny guest of two vCPUs, and on a stock kernel from its first instruction on; each goes on unharmed and powers off.
# usage: gdb.sh VMM KERNEL INITRD. Prints what went well; the first thing that does not ends it.
#
# Debian's kernel has no symbols without its -dbg package, and its System.map is a placeholder: the addresses come from a guest's own
# /proc/kallsyms, booted once without KASLR. The kernel that is debugged is the vmlinux beside the bzImage: it lies where it will run from
# its first instruction on, while the processor has no paging yet, so a breakpoint can be put at its physical address.
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

# The addresses, from a guest that needs nothing of ours; beside it the tiny guest.
names='start_kernel|setup_arch|linux_banner|do_sysinfo|__do_sys_sysinfo'
"$vmm" run --kernel "$kernel" --initrd "$initrd" --memory 256M --console "file=$work/kallsyms" \
    --cmdline "console=ttyS0 quiet nokaslr vmm.run64=$(echo "grep -w -E '$names' /proc/kallsyms" | base64 -w0)" &
first=$!

begin --firmware count --cpus 2 --cmdline n=1000
debug -ex 'info threads' -ex 'p/x $pc' -ex 'x/2i $pc' -ex 'stepi' -ex 'stepi' -ex 'set $third = $pc' -ex 'set $pc = 0x100000' -ex 'break *$third' -ex continue \
    -ex 'p $pc == $third' -ex 'info registers rip cr0 efer fs_base' -ex 'p $xmm0' -ex 'p $st0' -ex 'thread 2' -ex 'info registers rip' -ex 'x/1xb 0xf0000000' -ex 'monitor info' \
    -ex 'delete' -ex 'detach'
said '^\* 1 .*vCPU 0'
said '^  2 .*vCPU 1 \[not started\]'
said '^\$1 = 0x100000'
said 'Breakpoint 1, '
said '^\$2 = 1'
said '^cr0 '
said 'Switching to thread 2'
said 'Cannot access memory at address 0xf0000000'
said '2 vCPUs, .* MiB of RAM, '
said 'detached'
ends
grep -q 'count: 2 of 2 vCPUs, sum 2000' "$work/console" || fails "the tiny guest did not do its work"
echo "ok tiny guest: stepped, stopped, both vCPUs seen, powered off"

wait $first || fails "the first boot ended with $?"
address() { tr -d '\r' <"$work/kallsyms" | awk -v name="$1" '$3 == name { print "0x" $1; exit }'; }
start=$(address start_kernel) setup=$(address setup_arch) banner=$(address linux_banner) call=$(address __do_sys_sysinfo)
[ -n "$start" ] && [ -n "$setup" ] && [ -n "$banner" ] || fails "kallsyms said: $(cat "$work/kallsyms")"
[ -n "$call" ] || call=$(address do_sysinfo)
echo "ok addresses: start_kernel $start, setup_arch $setup"

# The kernel's image is linked at 0xffffffff80000000 and lies at 0: 32 bits of the one are the other, but for that bit.
script='free >/dev/null; echo "still $(uname -s)"'
begin --kernel "$vmlinux" --initrd "$initrd" --memory 256M --cpus 2 --cmdline "console=ttyS0 quiet nokaslr vmm.run64=$(echo "$script" | base64 -w0)"
cat >"$work/commands" <<END
info registers cr0
hbreak *$start
break *($setup - 0xffffffff80000000)
continue
p/x \$pc
delete
if \$pc == $start
  break *$setup
  continue
  delete
end
p \$pc == $setup
p (\$cr0 >> 31) & 1
x/s $banner
stepi
stepi
x/i \$pc
info threads
break *$call
continue
p \$pc == $call
p \$cs & 3
x/4xg \$rsp
delete
detach
END
debug -x "$work/commands"
said 'Linux version '
said 'Breakpoint [34], '
said 'detached'
grep -q '^\$1 = 0xffffffff' "$work/gdb.log" || fails "the kernel was not stopped at its beginning"
case $(sed -n 's/^\$1 = //p' "$work/gdb.log") in
"0x${start#0x}") echo "ok start_kernel: by a hardware breakpoint" ;;
*) echo "ok setup_arch: by a breakpoint at its physical address (hardware breakpoints do not stop guests on this machine)" ;;
esac
[ "$(sed -n 's/^\$[2345] = //p' "$work/gdb.log" | tr '\n' ' ')" = "1 1 1 0 " ] || fails "not where it should be: \$2 to \$5"
ends
grep -q 'still Linux' "$work/console" && grep -q 'VMM-GUEST-EXIT=0' "$work/console" || fails "the stock guest did not do its work"
echo "ok stock kernel: stopped twice, read, stepped, detached, powered off"

# Ctrl-C, and the end of a debugger that does not detach: the guest runs on.
begin --name watched --firmware monitor
gdb -nx -nh -batch -ex "target remote $work/sock" -ex continue -ex 'p/x $pc' >"$work/gdb.log" 2>&1 &
debugger=$!
awaited="$vm $debugger"
until_true grep -q 'Continuing' "$work/gdb.log"
! "$vmm" pause watched 2>"$work/refusal" || fails "paused under a debugger"
grep -q 'a debugger is attached at unix:' "$work/refusal" || fails "refused otherwise: $(cat "$work/refusal")"
kill -INT $debugger
wait $debugger || fails "gdb ended with $?"
said 'SIGINT'
said '^\$1 = 0x'
awaited=$vm
running() { "$vmm" list --output json | grep -q '"running"'; }
until_true running
kill $vm
wait $vm && fails "a killed vmm ended well" || [ $? = 143 ] || fails "vmm ended with another code"
vm=
[ ! -e "$work/sock" ] || fails "the socket is left"
echo "ok over: stopped by Ctrl-C, nothing else may stop it meanwhile, runs on without its debugger"
