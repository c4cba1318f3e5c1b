#!/bin/sh
# A stock Linux VM that is looked at: running, paused, and as a snapshot; and its core file.
# usage: inspect.sh VMM KERNEL INITRD. Prints what went well; the first thing that does not ends it.
set -eu
vmm=$1 kernel=$2 initrd=$3
. "$(dirname "$0")/waiting.sh"
export VMM_HOME=/tmp/inspect.$$
out=/tmp/inspect.$$.out
mkdir "$out"
trap '"$vmm" kill linux >/dev/null 2>&1 || true; rm -rf "$VMM_HOME" "$out"' EXIT

ticks() { "$vmm" logs linux | grep -c '^tick ' || true; }
more_than() { [ "$(ticks)" -gt "$1" ]; }
look() { "$vmm" inspect linux "$@"; }
has() { grep -q -e "$1" "$out/text" || { cat "$out/text"; echo "no '$1'"; exit 1; }; }

# The guest says where its kernel keeps its banner and its scheduler: addresses that mean nothing without its page tables.
script='sed -n "s/^\([0-9a-f]*\) . \(linux_banner\|schedule\)$/\2 \1/p" /proc/kallsyms; while :; do n=$((n+1)); echo "tick $n"; sleep 0.2; done'
"$vmm" create --name linux --kernel "$kernel" --initrd "$initrd" --memory 128M \
    --cmdline "console=ttyS0 quiet vmm.run64=$(printf "%s\n" "$script" | base64 -w0)"
"$vmm" start linux
awaited=linux
until_true more_than 0

before=$(ticks)
look registers >"$out/text"
has '^mode .*64-bit'
has '^cr0 .* PG'
at() { "$vmm" logs linux | tr -d '\r' | sed -n "s/^$1 //p" | head -1; }
banner=$(at linux_banner) scheduler=$(at schedule)
[ -n "$banner" ] && [ -n "$scheduler" ]
look code "0x$scheduler" --count 3 >"$out/text"
has "^=*>* *0x$scheduler"
[ "$(grep -c '0x[0-9a-f]*  *[0-9a-f][0-9a-f]' "$out/text")" -eq 3 ]
# Where it is right now: in the kernel or in a program.
look code --count 3 >"$out/text"
has '^=> *0x[0-9a-f]*  *[0-9a-f][0-9a-f]'
look memory "0x$banner" --count 16 >"$out/text"
has 'Linux version'
look walk "0x$banner" >"$out/text"
has '^PML4 '
has '^host address *0x'
until_true more_than "$before"
echo "ok running: registers, code, memory by its page tables; it goes on"

look walk --check 10000 >"$out/text"
has '^agree with KVM *10000$'
cat "$out/text"
echo "ok page walks: as KVM has them"

look slots >"$out/text"
has '^0 *0x0 '
look bus >"$out/text"
has serial0
has io-apic
look pci >"$out/text"
has 'host bridge'
look queues rng0 >"$out/text"
has '^rng0 .*driver-ok\|^rng0 .*reset'
look irq >"$out/text"
has 'x*APIC at 0xfee00000'
look cpuid >"$out/text"
has '^withheld'
look msrs >"$out/text"
has 'LSTAR *0xf'
look acpi >"$out/text"
has '^APIC .*right$'
has 'processor 0: APIC 0, usable'
look registers --output json | tr -d ' \n' | grep -q '"general":{"rax":"0x'
echo "ok devices: every topic has its facts"

"$vmm" pause linux
"$vmm" snapshot linux "$out/snapshot" >/dev/null
for what in registers "walk 0x$banner" "queues rng0" irq pci msrs acpi; do
    # shellcheck disable=SC2086
    look $what | tr -s ' ' | grep -v '^host address' >"$out/vm"
    # shellcheck disable=SC2086
    "$vmm" inspect "$out/snapshot" $what | tr -s ' ' | grep -v '^file offset' >"$out/saved"
    [ "$what" = msrs ] && sed -i '/TSC\|KVM_\|HV_/d' "$out/vm" "$out/saved"
    [ "$what" = irq ] && sed -i '/^timer/d' "$out/vm" "$out/saved"
    cmp "$out/vm" "$out/saved" || { diff "$out/vm" "$out/saved"; echo "$what differs"; exit 1; }
done
echo "ok snapshot: the same as the paused VM"

"$vmm" coredump linux "$out/core" >"$out/text"
has 'VMCOREINFO *of the guest'
! "$vmm" coredump linux "$out/core" 2>"$out/text" || exit 1
has 'already: name another, or replace it (--force)'
"$vmm" coredump "$out/snapshot" "$out/core.2" >/dev/null
# The heads: registers and notes. All of it takes an emulated processor long.
cmp -n 16384 "$out/core" "$out/core.2"
[ "$(du -k "$out/core" | cut -f1)" -lt 131072 ]
if command -v readelf >/dev/null; then
    readelf -n "$out/core" >"$out/text" 2>&1
    has NT_PRSTATUS
    has VMCOREINFO
    # Where the kernel has itself, and all memory.
    readelf -lW "$out/core" >"$out/text" 2>&1
    has 'LOAD .* 0xffffffff[89a-f][0-9a-f]* 0x'
    has 'LOAD .* 0xff[0-9a-f]* 0x0000000000000000 '
fi
echo "ok core file"

status=0; look regsters 2>"$out/text" || status=$?
[ "$status" = 2 ]
has "did you mean 'registers'?"
status=0; look registers --vcpu 4 2>"$out/text" || status=$?
[ "$status" = 2 ]
has "'linux' has 1, from 0"
status=0; "$vmm" inspect nobody slots 2>"$out/text" || status=$?
[ "$status" = 4 ]
has "there is no VM 'nobody'"
before=$(ticks)
"$vmm" resume linux
until_true more_than "$before"
"$vmm" kill linux
status=0; look slots 2>"$out/text" || status=$?
[ "$status" = 4 ]
has 'it is not running'
echo "ok wrong values: a line each, and it went on"
