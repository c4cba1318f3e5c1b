# A stock guest that works, and moves between two ends; for the scripts beside this one, behind waiting.sh. Needs $vmm, $kernel,
# $initrd, $tools (a disk with Debian's programs) and $streams (tests/Lab/Guest/streams.c, compiled; it runs at both ends).
#
# Each end is a network namespace with a bridge, a tap and VMs of its own. They are wired to a switch, a third namespace, from which
# the guest is talked to over one TCP connection. It checks its memory (stress-ng), a disk that both ends share (fio), its kernel's
# log and its clock; what it finds it tells in lines that begin with BAD.
work=/tmp/moving.$$
# What the namespaces' names begin with: another of these scripts may run beside this one.
net=vmm-$$
disk=$work/shared.img
talk= move= held=0
patience=300
mkdir -p $work/a $work/b $work/data
clean() {
    at a kill linux >/dev/null 2>&1 || true
    at b kill linux >/dev/null 2>&1 || true
    for one in $talk $move; do kill -9 "$one" 2>/dev/null || true; done
    for one in a b switch; do ip netns del $net-$one 2>/dev/null || true; done
    rm -rf $work
}
trap clean EXIT

# at SIDE ARGUMENTS…: vmm of that side.
at() (
    side=$1
    shift
    VMM_HOME=$work/$side exec ip netns exec "$net-$side" "$vmm" "$@"
)
# Read as a file: emulated, a program's start takes a while, and waiting starts many.
console() { echo "$work/$1/linux/console.log"; }
count() { grep -c "^$2" "$(console "$1")" 2>/dev/null || true; }
says() { grep -q "^$2" "$(console "$1")" 2>/dev/null; }
more() { [ "$(count "$1" "$2")" -ge "$3" ]; }
state() { at "$1" list | awk '$1 == "linux" { print $2 }'; }
pid() { sed -n 's/.*"pid": \([0-9]*\).*/\1/p' "$work/$1/linux/state.json"; }
guest() { at "$1" agent linux exec -- sh -c "$2"; }
uptime_of() { guest "$1" 'cut -d. -f1 /proc/uptime'; }
gone() { [ ! -e "/proc/$1" ]; }
show() { tail -n 5 $work/move $work/received $work/talk 2>/dev/null || true; }
fail() { echo "$1"; shift; for one in "$@"; do cat "$one"; done; for one in $awaited; do logs_of "$one"; done; exit 1; }
# sound SIDE: the guest has found no fault there.
sound() { ! says "$1" BAD || fail "something is wrong in the guest: $(grep -A9 '^BAD' "$(console "$1")")"; }

# The processes that have a file open.
holding() { find /proc/[0-9]*/fd -lname "$1" 2>/dev/null | cut -d/ -f3 | sort -u; }
# What the guest has acknowledged of the one connection.
acknowledged() { ip netns exec $net-switch ss -Htin dst 192.0.2.2 | sed -n 's/.*bytes_acked:\([0-9]*\).*/\1/p'; }
talked() { [ "$(acknowledged || true)" -gt "$1" ] 2>/dev/null; }

# start [MEMORY OPTIONS]: the networks, and the guest at a, which works when this returns.
start() {
    ip netns add $net-switch
    ip -n $net-switch link add br0 type bridge
    ip -n $net-switch addr add 192.0.2.1/24 dev br0
    ip -n $net-switch link set br0 up
    for side in a b; do
        ip netns add $net-$side
        ip -n $net-$side link set lo up
        ip -n $net-$side link add br0 type bridge
        ip -n $net-switch link add to-$side type veth peer name wire netns $net-$side
        ip -n $net-switch link set to-$side master br0 up
        ip -n $net-$side link set wire master br0 up
        ip -n $net-$side tuntap add tap-$side mode tap vnet_hdr
        ip -n $net-$side link set tap-$side master br0 up
        ip -n $net-$side link set br0 up
    done
    ip -n $net-a addr add 192.0.2.11/24 dev br0
    ip -n $net-b addr add 192.0.2.12/24 dev br0

    truncate -s 32M $disk
    cp "$streams" $work/data/streams
    guest_work >$work/data/run.sh
    truncate -s 8M $work/own.img
    mke2fs -q -t ext4 -d $work/data $work/own.img
    at a run -d --name linux --kernel "$kernel" --initrd "$initrd" --memory "192M${1:-}" --cpus 2 --agent --disk "$tools,readonly=on" --disk $disk --disk $work/own.img,readonly=on \
        --net tap=tap-a --cmdline "console=ttyS0 quiet $unhurried vmm.run64=$(echo 'mkdir /own; mount -o ro /dev/vdc /own; . /own/run.sh' | base64 -w0)" >/dev/null
    awaited=$work/a/linux
    until_true says a 'round 2'
    until_true says a 'listening at'
    ip netns exec $net-switch "$streams" talk tcp:192.0.2.2:7000 >$work/talk 2>&1 &
    talk=$!
    awaited="$work/a/linux $talk"
    until_true at a agent linux ping
    until_true says a 'fio verified'
    until_true talked 1024
}

# What the guest does. It ends when it has /tmp/end, and says GUEST-OK when it has never found a fault, wherever it was then.
guest_work() {
    cat <<'GUEST'
mount -o ro /dev/vda /mnt; PATH=$PATH:/mnt
mkdir -p /sbin; printf '#!/bin/sh\n' >/sbin/hwclock && chmod +x /sbin/hwclock
for file in /sys/class/virtio-ports/*/name; do
    [ "$(cat "$file")" = org.qemu.guest_agent.0 ] && port=$(basename "$(dirname "$file")")
done
bad() { echo "$*" >>/tmp/bad; echo "BAD $*"; }
ip link set lo up; ip addr add 192.0.2.2/24 dev eth0; ip link set eth0 up
/mnt/qemu-ga -d -m virtio-serial -p "/dev/$port" -t /tmp -f /tmp/qga.pid
/own/streams serve tcp:7000 1 & served=$!
dmesg -c >/dev/null
(while [ ! -e /tmp/end ]; do
    fio --name=shared --filename=/dev/vdb --rw=randrw --bsrange=16k-64k --size=2m --direct=1 --ioengine=libaio --iodepth=4 --rate=512k \
        --verify=crc32c --verify_fatal=1 >/tmp/fio 2>&1 || { bad fio; cat /tmp/fio; }
    echo "fio verified"
done) & checked=$!
(while [ ! -e /tmp/end ]; do
    stress-ng --sched idle --vm 1 --vm-bytes 32m --vm-keep --vm-method inc-nybble --verify --timeout 5 --temp-path /tmp >/tmp/stress 2>&1 || { bad stress-ng; cat /tmp/stress; }
    echo "stress-ng verified"
done) & stressed=$!
before=$(cut -d. -f1 /proc/uptime)
while [ ! -e /tmp/end ]; do
    now=$(cut -d. -f1 /proc/uptime)
    [ "$now" -ge "$before" ] && [ "$now" -le $((before + 60)) ] || bad "uptime $before to $now"
    before=$now n=$((n + 1))
    echo "round $n"
    sleep 0.5
done
wait $checked $stressed $served
dmesg >/tmp/kernel
grep -iE 'error|bug|warn|lockup|stall|corrupt|hung|reset|clocksource|timeout|watchdog|call trace|out of memory' /tmp/kernel && { bad kernel; cat /tmp/kernel; }
[ -e /tmp/bad ] || echo GUEST-OK
GUEST
}

# works SIDE: it goes on there, with two more rounds than there are now, talked to, and has found no fault.
works() {
    want=$(($(count "$1" round) + 2))
    said=$(acknowledged)
    until_true more "$1" round $want
    until_true talked "${said:-0}"
    sound "$1"
}
# address SIDE PORT
address() { echo "tcp:192.0.2.$([ "$1" = a ] && echo 11 || echo 12):$2"; }
# receive SIDE WHERE: waits there in the background.
receive() { at "$1" receive "$2" -d --net "tap=tap-$1" >$work/received 2>&1 || fail "cannot receive" $work/received; }

# moves FROM TO WHERE [OPTIONS…]: moves it there; everything is as it was, but there.
moves() {
    from=$1 to=$2 place=$3
    shift 3
    receive "$to" "$place"
    source=$(pid "$from")
    before=$(uptime_of "$from")
    at "$from" migrate linux "$place" "$@" >$work/move 2>&1 || fail "it did not move" $work/move
    awaited="$work/$to/linux $talk"
    [ "$(state "$to")" = running ]
    until_true gone "$source"
    sound "$from"
    works "$to"
    until_true at "$to" agent linux ping
    after=$(uptime_of "$to")
    [ "$after" -ge "$before" ] || fail "its uptime went from $before to $after"
    # Its clocks stand still while it is held; it is asked for the time within an interval of ours.
    held=$((held + $(sed -n 's/^held for *\([0-9]*\).*/\1/p' $work/move)))
    earliest=$(date +%s)
    now=$(guest "$to" 'date +%s')
    latest=$(date +%s)
    [ "$now" -ge $((earliest - 2 - held / 1000)) ] && [ "$now" -le $((latest + 1)) ] || fail "its time of day is $now between $earliest and $latest"
    # What was under way when it was moved has ended well.
    until_true more "$to" 'fio verified' 1
    until_true more "$to" 'stress-ng verified' 1
    sound "$to"
    holders=$(holding $disk)
    [ "$holders" = "$(pid "$to")" ] || fail "the disk is open in '$holders', not in $(pid "$to")"
    ! at "$from" run --firmware hello --memory 2M --disk $disk >$work/out 2>&1 || fail "the disk was given to another" $work/out
    grep -q "$disk" $work/out || fail "it was not the disk that was refused" $work/out
    [ "$(state "$from")" != running ]
    at "$from" rm linux
    grep -A5 '^runs at' $work/move
}

# ends SIDE: the guest is told to end there, and has found no fault all the time; of nothing anything is left.
ends() {
    guest "$1" 'touch /tmp/end'
    awaited=$work/$1/linux
    kill $talk
    wait $talk || fail "the connection did not last" $work/talk
    talk=
    grep '^verified' $work/talk
    awaited=
    at "$1" wait linux
    sound "$1"
    says "$1" GUEST-OK || fail "it ended without a word" "$(console "$1")"
    at "$1" rm linux
    echo "ok one connection all the time; nothing in the kernel's log"

    for side in a b; do
        [ "$(ls -A $work/$side)" = events.jsonl ] || fail "left in $side: $(ls -A $work/$side)"
        [ -z "$(ip netns pids $net-$side)" ] || fail "left in $side: $(ip netns pids $net-$side | xargs ps -fp)"
        [ "$(ip netns exec $net-$side ss -Htuln | wc -l)" = 0 ] || fail "left in $side: $(ip netns exec $net-$side ss -Htuln)"
        ! ip -n $net-$side tuntap | grep -q attached || fail "its tap is still held"
        ip -n $net-$side link show tap-$side | grep -q NO-CARRIER || fail "its tap is still up: $(ip -n $net-$side link show tap-$side)"
    done
    echo "ok nothing is left behind"
}
