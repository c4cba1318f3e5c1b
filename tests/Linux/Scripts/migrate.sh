#!/bin/sh
# A stock guest moves from one network namespace to another and back, by pre-copy, while it works: stress-ng checks memory,
# fio a disk that both ends share, a TCP connection from a third namespace every byte, its agent answers. Before that, a
# migration that is cancelled and one whose receiver dies leave it where it is.
# usage: migrate.sh VMM KERNEL INITRD TOOLS_DISK STREAMS. STREAMS is tests/Lab/Guest/streams.c, compiled; it runs at both ends.
# Prints what went well; the first thing that does not ends it.
set -eu
vmm=$1 kernel=$2 initrd=$3 tools=$4 streams=$5
. "$(dirname "$0")/waiting.sh"
work=/tmp/migrate.$$
disk=$work/shared.img
talk= move= held=0
mkdir -p $work/a $work/b $work/data
clean() {
    at a kill linux >/dev/null 2>&1 || true
    at b kill linux >/dev/null 2>&1 || true
    for one in $talk $move; do kill -9 "$one" 2>/dev/null || true; done
    for one in a b switch; do ip netns del vmm-$one 2>/dev/null || true; done
    rm -rf $work
}
trap clean EXIT

# at SIDE ARGUMENTS…: vmm of that side. Each has VMs and a network of its own.
at() (
    side=$1
    shift
    VMM_HOME=$work/$side exec ip netns exec "vmm-$side" "$vmm" "$@"
)
# Read as a file: emulated, a program's start takes a while, and waiting starts many.
log() { cat "$work/$1/linux/console.log" 2>/dev/null | tr -d '\r'; }
says() { log "$1" | grep -q "$2"; }
state() { at "$1" list | awk '$1 == "linux" { print $2 }'; }
pid() { sed -n 's/.*"pid": \([0-9]*\).*/\1/p' "$work/$1/linux/state.json"; }
guest() { at "$1" agent linux exec -- sh -c "$2"; }
show() { tail -n 5 $work/move $work/received $work/talk 2>/dev/null || true; }
fail() { echo "$1"; shift; for one in "$@"; do cat "$one"; done; for one in $awaited; do logs_of "$one"; done; exit 1; }

# The two ends are bridges with a tap each, wired to a switch, from which the guest is talked to.
ip netns add vmm-switch
ip -n vmm-switch link add br0 type bridge
ip -n vmm-switch addr add 192.0.2.1/24 dev br0
ip -n vmm-switch link set br0 up
for side in a b; do
    ip netns add vmm-$side
    ip -n vmm-$side link set lo up
    ip -n vmm-$side link add br0 type bridge
    ip -n vmm-switch link add to-$side type veth peer name wire netns vmm-$side
    ip -n vmm-switch link set to-$side master br0 up
    ip -n vmm-$side link set wire master br0 up
    ip -n vmm-$side tuntap add tap-$side mode tap vnet_hdr
    ip -n vmm-$side link set tap-$side master br0 up
    ip -n vmm-$side link set br0 up
done
ip -n vmm-a addr add 192.0.2.11/24 dev br0
ip -n vmm-b addr add 192.0.2.12/24 dev br0

truncate -s 32M $disk
cp "$streams" $work/data/streams
cat >$work/data/run.sh <<'GUEST'
mount -o ro /dev/vda /mnt; PATH=$PATH:/mnt
mkdir -p /sbin; printf '#!/bin/sh\n' >/sbin/hwclock && chmod +x /sbin/hwclock
for file in /sys/class/virtio-ports/*/name; do
    [ "$(cat "$file")" = org.qemu.guest_agent.0 ] && port=$(basename "$(dirname "$file")")
done
ip link set lo up; ip addr add 192.0.2.2/24 dev eth0; ip link set eth0 up
/mnt/qemu-ga -d -m virtio-serial -p "/dev/$port" -t /tmp -f /tmp/qga.pid
/own/streams serve tcp:7000 1 & served=$!
dmesg -c >/dev/null
(while [ ! -e /tmp/end ]; do
    fio --name=shared --filename=/dev/vdb --rw=randrw --bsrange=16k-64k --size=2m --direct=1 --ioengine=libaio --iodepth=4 --rate=512k \
        --verify=crc32c --verify_fatal=1 >/tmp/fio 2>&1 || { echo BAD fio; cat /tmp/fio; }
    echo "fio verified"
done) & checked=$!
(while [ ! -e /tmp/end ]; do
    stress-ng --sched idle --vm 1 --vm-bytes 32m --vm-keep --vm-method inc-nybble --verify --timeout 5 --temp-path /tmp >/tmp/stress 2>&1 || { echo BAD stress-ng; cat /tmp/stress; }
    echo "stress-ng verified"
done) & stressed=$!
before=$(cut -d. -f1 /proc/uptime)
while [ ! -e /tmp/end ]; do
    now=$(cut -d. -f1 /proc/uptime)
    [ "$now" -ge "$before" ] && [ "$now" -le $((before + 60)) ] || echo "BAD uptime $before to $now"
    before=$now n=$((n + 1))
    echo "round $n"
    sleep 0.5
done
wait $checked $stressed $served
dmesg | sed 's/^/BAD kernel: /' | grep -iE 'error|bug|warn|lockup|stall|corrupt|hung|reset|clocksource|timeout|watchdog|call trace|out of memory'
echo GUEST-OK
GUEST
truncate -s 8M $work/own.img
mke2fs -q -t ext4 -d $work/data $work/own.img
at a run -d --name linux --kernel "$kernel" --initrd "$initrd" --memory 192M --cpus 2 --agent --disk "$tools,readonly=on" --disk $disk --disk $work/own.img,readonly=on \
    --net tap=tap-a --cmdline "console=ttyS0 quiet vmm.run64=$(echo 'mkdir /own; mount -o ro /dev/vdc /own; . /own/run.sh' | base64 -w0)" >/dev/null
awaited=$work/a/linux
until_true says a '^round 2'
ip netns exec vmm-switch "$streams" talk tcp:192.0.2.2:7000 >$work/talk 2>&1 &
talk=$!
awaited="$work/a/linux $talk"
until_true at a agent linux ping
until_true says a '^fio verified'
echo "ok a stock guest works, and is talked to"

# works SIDE: it goes on there, with two more rounds than there are now, and has found no fault.
works() {
    want=$(($(rounds "$1") + 2))
    until_true more_rounds "$1" $want
    ! says "$1" '^BAD' || fail "something is wrong in the guest"
}
rounds() { log "$1" | grep -c '^round' || true; }
more_rounds() { [ "$(rounds "$1")" -ge "$2" ]; }
# receive SIDE PORT: waits there in the background.
receive() { at "$1" receive "tcp:192.0.2.$([ "$1" = a ] && echo 11 || echo 12):$2" -d --net "tap=tap-$1" >$work/received 2>&1 || fail "cannot receive" $work/received; }
receivers() { pgrep -f 'receive-in-background' || true; }
no_receiver() { [ -z "$(receivers)" ]; }
# begin PORT: migrates slowly, and returns when it is under way.
begin() {
    at a migrate linux tcp:192.0.2.12:$1 --bandwidth 4M/s >$work/move 2>&1 &
    move=$!
    until_true grep -q '^rounds, round 0: [1-9]' $work/move
}
# stayed TEXT: the migration that was under way failed with these words, and the guest goes on where it was.
stayed() {
    ! wait $move || fail "it was migrated" $work/move
    move=
    grep -q "$1" $work/move || fail "'$1' was not said" $work/move
    [ "$(state a)" = running ]
    until_true no_receiver
    works a
}

receive b 4001
begin 4001
at a migrate linux --cancel
stayed 'was cancelled; the guest stays here'
[ -z "$(state b)" ] || fail "something is left at the destination: $(state b)"
echo "ok cancelled half-way: the guest stays"

receive b 4002
begin 4002
kill -9 $(receivers)
stayed 'the guest stays here'
[ "$(state b)" = killed ] || fail "the destination's is $(state b)"
at b rm linux
echo "ok the receiver dies half-way: the guest stays"

# moves FROM TO PORT [OPTIONS…]: moves it there; everything is as it was, but there.
moves() {
    from=$1 to=$2
    receive "$2" "$3"
    source=$(pid "$1")
    before=$(uptime_of "$1")
    place=tcp:192.0.2.$([ "$2" = a ] && echo 11 || echo 12):$3
    shift 3
    at "$from" migrate linux "$place" --downtime 1000 --auto-converge "$@" >$work/move 2>&1 || fail "it did not move" $work/move
    awaited="$work/$to/linux $talk"
    [ "$(state "$to")" = running ]
    until_true gone "$source"
    works "$to"
    until_true at "$to" agent linux ping
    after=$(uptime_of "$to")
    [ "$after" -ge "$before" ] || fail "its uptime went from $before to $after"
    # Its clocks stand still while it is held; it is asked for the time within an interval of ours.
    held=$((held + $(sed -n 's/^held for *\([0-9]*\).*/\1/p' $work/move)))
    earliest=$(date +%s)
    now=$(guest "$to" 'date +%s')
    [ "$now" -ge $((earliest - 2 - held / 1000)) ] && [ "$now" -le $(($(date +%s) + 1)) ] || fail "its time of day is $now between $earliest and $(date +%s)"
    # What was under way when it was moved has ended well.
    until_true more "$to" 'fio verified' 1
    until_true more "$to" 'stress-ng verified' 1
    holders=$(holding $disk)
    [ "$holders" = "$(pid "$to")" ] || fail "the disk is open in '$holders', not in $(pid "$to")"
    ! at "$from" run --firmware hello --memory 2M --disk $disk >$work/out 2>&1 || fail "the disk was given to another" $work/out
    grep -q "$disk" $work/out || fail "it was not the disk that was refused" $work/out
    [ "$(state "$from")" != running ]
    grep -A5 '^runs at' $work/move
}
gone() { [ ! -e "/proc/$1" ]; }
more() { [ "$(log "$1" | grep -c "^$2")" -ge "$3" ]; }
uptime_of() { guest "$1" 'cut -d. -f1 /proc/uptime'; }
# The processes that have a file open.
holding() { for one in /proc/[0-9]*; do ls -l "$one/fd" 2>/dev/null | grep -q "> $1\$" && echo "${one#/proc/}"; done || true; }

moves a b 4003
echo "ok moved to the other namespace: it works on, talked to, its clock right; the disk is locked there only"
at a rm linux
moves b a 4004 --connections 2 --compress zstd
echo "ok and back"

guest a 'touch /tmp/end'
awaited=$work/a/linux
kill $talk
wait $talk || fail "the connection did not last" $work/talk
talk=
grep '^verified' $work/talk
awaited=
until_true says a 'GUEST-OK'
at a wait linux
! says a '^BAD' || fail "something is wrong in the guest: $(log a | grep -A9 '^BAD')"
echo "ok one connection all the time; nothing in the kernel's log"

at a rm linux
at b rm linux
for side in a b; do
    [ "$(ls -A $work/$side)" = events.jsonl ] || fail "left in $side: $(ls -A $work/$side)"
    [ -z "$(ip netns pids vmm-$side)" ] || fail "left in $side: $(ip netns pids vmm-$side | xargs ps -fp)"
    [ "$(ip netns exec vmm-$side ss -Htuln | wc -l)" = 0 ] || fail "left in $side: $(ip netns exec vmm-$side ss -Htuln)"
    ip -n vmm-$side tuntap | grep -q attached && fail "its tap is still held"
    ip -n vmm-$side link show tap-$side | grep -q NO-CARRIER || fail "its tap is still up: $(ip -n vmm-$side link show tap-$side)"
done
echo "ok nothing is left behind"
