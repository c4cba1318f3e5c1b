#!/bin/sh
# The generation ID of a stock Linux guest whose kernel has the driver: bound by its name, kept through a reset, and a
# change of it makes the kernel's random number generator start anew.
# usage: generation.sh VMM KERNEL INITRD. Prints what went well; the first thing that does not ends it.
set -eu
vmm=$1 kernel=$2 initrd=$3
. "$(dirname "$0")/waiting.sh"
export VMM_HOME=/tmp/generation.$$
trap '"$vmm" kill copy >/dev/null 2>&1 || true; rm -rf "$VMM_HOME"' EXIT

printed() { "$vmm" logs copy | tr -d '\r' | grep -q "$1"; }
seen() { [ "$("$vmm" logs copy | tr -d '\r' | grep -c "$1")" -ge "$2" ]; }
id() { "$vmm" info copy | sed -n 's/^generation *//p'; }

script='for d in /sys/bus/acpi/drivers/vmgenid/*:*; do echo "bound $(cat $d/hid) ${d##*/}"; done
while ! dmesg | grep "crng reseeded due to virtual machine fork"; do sleep 0.2; done
reboot -f'
"$vmm" create --name copy --kernel "$kernel" --initrd "$initrd" --memory 256M \
    --cmdline "console=ttyS0 quiet vmm.run64=$(echo "$script" | base64 -w0)"
"$vmm" start copy
awaited=copy
until_true printed '^bound VMMG0001 '
first=$(id)
echo "ok bound: $("$vmm" logs copy | tr -d '\r' | grep '^bound' | head -1), ID $first"

"$vmm" renew-generation copy
until_true printed 'crng reseeded due to virtual machine fork'
second=$(id)
# Also while the guest, which resets itself now, is being started again.
[ -n "$second" ] && [ "$first" != "$second" ]
echo "ok reseeded: $("$vmm" logs copy | tr -d '\r' | grep 'crng reseeded due to' | head -1), ID $second"

until_true seen '^bound VMMG0001 ' 2
[ "$(id)" = "$second" ]
echo "ok kept through the guest's reset"
"$vmm" kill copy
"$vmm" start copy
until_true seen '^bound VMMG0001 ' 3
[ "$(id)" != "$second" ]
echo "ok another after a new start"
