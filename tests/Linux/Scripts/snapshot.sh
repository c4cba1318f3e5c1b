#!/bin/sh
# A stock guest is frozen while it works, and goes on: where it was, as a copy, as a copy of a copy. It checks its own memory,
# disk and clocks all the time; its agent freezes its file systems and sets its time.
# usage: snapshot.sh VMM KERNEL INITRD TOOLS_DISK. Prints what went well; the first thing that does not ends it.
set -eu
vmm=$1 kernel=$2 initrd=$3 tools=$4
. "$(dirname "$0")/waiting.sh"
work=/tmp/snapshot.$$
export VMM_HOME=$work/home
mkdir -p "$work/data"
trap '"$vmm" kill linux copy second >/dev/null 2>&1 || true; rm -rf "$work"' EXIT

says() { "$vmm" logs "$1" | grep -q "$2"; }
# What it took for the time last; the last line may be half written.
time_of() { "$vmm" logs "$1" | sed -n 's/^round .* at \([0-9]*\) s.*/\1/p' | tail -1; }
rounds() { "$vmm" logs "$1" | grep -c '^round'; }
# Works on: two more rounds than there are now.
goes_on() {
    want=$(($(rounds "$1") + 2))
    until_true sh -c "[ \$('$vmm' logs $1 | grep -c '^round') -ge $want ]"
    if says "$1" 'BAD\|BUG\|rcu.*stall\|I/O error\|Call Trace'; then "$vmm" logs --tail 60 "$1"; exit 1; fi
}

truncate -s 64M "$work/data.img"
mke2fs -q -t ext4 -d "$work/data" "$work/data.img"
cat >"$work/run.sh" <<'GUEST'
mount -t ext4 -o ro /dev/vda /mnt
mkdir -p /data /sbin
mount -t ext4 /dev/vdb /data
# The agent sets the time only where it could set the hardware's, too.
printf '#!/bin/sh\n' >/sbin/hwclock && chmod +x /sbin/hwclock
for file in /sys/class/virtio-ports/*/name; do
    [ "$(cat "$file")" = org.qemu.guest_agent.0 ] && port=$(basename "$(dirname "$file")")
done
/mnt/qemu-ga -d -m virtio-serial -p "/dev/$port" -t /tmp -f /tmp/qga.pid
dd if=/dev/urandom of=/tmp/memory bs=1M count=24 2>/dev/null
sum=$(sha256sum </tmp/memory)
before=0
while :; do
    n=$((n + 1))
    dd if=/dev/urandom of=/tmp/block bs=64k count=8 2>/dev/null
    cp /tmp/block /data/block && sync && cmp /tmp/block /data/block || echo BAD disk
    [ "$(sha256sum </tmp/memory)" = "$sum" ] || echo BAD memory
    now=$(cut -d. -f1 /proc/uptime)
    [ "$now" -ge "$before" ] && [ "$now" -le $((before + 300)) ] || echo "BAD uptime $before to $now"
    before=$now
    echo "round $n up $now at $(date +%s) s"
done
GUEST
"$vmm" run -d --name linux --kernel "$kernel" --initrd "$initrd" --memory 256M --cpus 2 --agent --disk "$tools,readonly=on" --disk "$work/data.img" \
    --cmdline "console=ttyS0 quiet $unhurried vmm.run64=$(base64 -w0 "$work/run.sh")" >/dev/null
awaited=linux
until_true says linux '^round 2'
until_true "$vmm" agent linux ping
echo "ok a stock guest works"

"$vmm" snapshot linux "$work/full" --track --freeze
cp --sparse=always "$work/data.img" "$work/full.img"
goes_on linux
echo "ok frozen in the middle of it, with its file systems at rest; it goes on"

"$vmm" snapshot linux "$work/part" --parent "$work/full"
"$vmm" pause linux
cp --sparse=always "$work/data.img" "$work/part.img"
"$vmm" resume linux
"$vmm" snapshots list "$work"
"$vmm" snapshots verify "$work/part"
goes_on linux
full=$(stat -c %b "$work/full/memory") part=$(stat -c %b "$work/part/memory")
[ "$part" -lt "$full" ] || { echo "an incremental one has $part blocks, the full one $full"; exit 1; }
echo "ok an incremental one has less memory than the full one: $((part / 2048)) of $((full / 2048)) MiB"

! "$vmm" restore "$work/full" -d --name copy 2>"$work/refused" || exit 1
grep -q 'disk1: .* was written after the snapshot was taken' "$work/refused" || { cat "$work/refused"; exit 1; }
"$vmm" kill linux
then=$(time_of linux)
"$vmm" restore "$work/full" -d --name copy --disk "id=disk1,path=$work/full.img"
awaited=copy
until_true says copy '^round'
goes_on copy
[ "$(time_of copy)" -ge "$then" ] || { echo "its time of day is behind"; "$vmm" logs copy; exit 1; }
"$vmm" agent copy exec -- sh -c 'cat /sys/class/net/lo/address && echo from a copy' | grep -q 'from a copy'
echo "ok a copy goes on with a copy of the disk, its file systems thawed, its time of day right"

"$vmm" snapshot copy "$work/again" --freeze
"$vmm" kill copy
"$vmm" restore "$work/again" -d --name second --memory eager --trust-disks
awaited=second
until_true says second '^round'
goes_on second
"$vmm" snapshot second "$work/live" --live
goes_on second
"$vmm" kill second
echo "ok a copy of the copy goes on, and is frozen while it runs"
[ ! -e "$work"/.full* ] && [ ! -e "$work"/.live* ]
echo "ok nothing is left of what was being made"
