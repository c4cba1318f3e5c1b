#!/bin/sh
# A stock guest whose frames the host's kernel moves (vhost-net): ping, a download and iperf3 both ways, beside the same without;
# over MMIO; two pairs of queues. Then one that is talked to over one TCP connection while vmm takes the queues back and lends them
# again: a snapshot, a live one, the cable, a limit, a migration to a process without vhost and back, writes that are recorded.
# usage: net-vhost.sh VMM KERNEL INITRAMFS TOOLS-DISK STREAMS. Prints what went well; the first thing that does not ends it.
set -eu
vmm=$1 kernel=$2 initramfs=$3 tools=$4 streams=$5
. "$(dirname "$0")/waiting.sh"
[ -c /dev/vhost-net ] || { echo "this machine has no /dev/vhost-net"; exit 77; }
here=/tmp/net-vhost.$$
export VMM_HOME=$here/home
tap=vmmtap0 other=vmmtap1
mkdir -p $here/data
clean() {
    for one in linux there copy; do "$vmm" kill $one >/dev/null 2>&1 || true; done
    for one in ${guest:-} ${server:-} ${web:-} ${talk:-}; do kill -9 "$one" 2>/dev/null || true; done
    for one in $tap $other br9; do ip link del $one 2>/dev/null || true; done
    rm -rf $here
}
trap clean EXIT
fail() { echo "$1"; shift; for one in "$@"; do cat "$one"; done; for one in $awaited; do logs_of "$one"; done; exit 1; }
show() { tail -n 5 $here/talk $here/move 2>/dev/null || true; }

# boot NAME NET COMMANDS: runs a guest to its end with these commands, which get the tools of the disk.
boot() {
    script="set -e; mount -o ro /dev/vda /mnt; PATH=\$PATH:/mnt
ip addr add 192.0.2.2/24 dev eth0; ip link set eth0 up
# Between two streams the server opens its port anew.
streamed() { until iperf3 -c 192.0.2.1 \"\$@\" >/tmp/streamed; do sleep 1; done; grep receiver /tmp/streamed; }
$3
if dmesg | grep -E 'BUG:|Oops|lockup|stalled|NETDEV WATCHDOG'; then exit 3; fi
echo GUEST-OK"
    timeout $patience "$vmm" run --kernel "$kernel" --initrd "$initramfs" --memory 256M --cpus "${cpus:-1}" --net "$2" --transport "${transport:-pci}" --disk "path=$tools,readonly=on" \
        --cmdline "console=ttyS0 quiet panic=-1 $unhurried vmm.run64=$(printf '%s\n' "$script" | base64 -w0)" </dev/null >$here/$1 2>&1 &
    guest=$!
    wait $guest || true
    guest=
    grep -q GUEST-OK $here/$1 || fail "$1:" $here/$1
}
# What iperf3 says of a guest's run: to the host, then from it.
figures() { grep receiver $here/$1 | sed "s/^/$1: /"; }

make_tap() {
    ip link del $tap 2>/dev/null || true
    ip tuntap add $tap mode tap vnet_hdr $1
    ip addr add 192.0.2.1/24 dev $tap
    ip link set $tap up
    [ -z "${server:-}" ] || { kill $server; wait $server 2>/dev/null || true; }
    iperf3 -s -B 192.0.2.1 >/dev/null 2>&1 &
    server=$!
}
make_tap ""
head -c 3000000 /dev/urandom >$here/big
sum=$(sha256sum <$here/big)
busybox httpd -f -p 192.0.2.1:8000 -h $here &
web=$!
stream="streamed -t 2; streamed -t 2 -R"
boot off "tap=$tap,vhost=off" "$stream"
figures off
boot on "tap=$tap,vhost=on" "until ping -c 5 192.0.2.1 >/tmp/pings && grep -q ' 0% packet loss' /tmp/pings; do sleep 1; done; cat /tmp/pings
curl -s http://192.0.2.1:8000/big | sha256sum; $stream"
figures on
grep round-trip $here/on
grep -qF "${sum%% *}" $here/on || fail "the download differs" $here/on
echo "ok pinged, downloaded, streamed both ways by vhost"
transport=mmio
boot mmio "tap=$tap,vhost=on" "ping -c 3 192.0.2.1; $stream"
figures mmio
transport=pci
make_tap multi_queue
cpus=2
boot multi "tap=$tap,queues=2,vhost=on" "ethtool -l eth0 | grep Combined; streamed -t 2 -P 4 | grep SUM; streamed -t 2 -P 4 -R | grep SUM; ethtool -L eth0 combined 1; ping -c 2 192.0.2.1"
figures multi
echo "ok over MMIO, and with two pairs of queues"
kill $web $server; wait $web $server 2>/dev/null || true
web= server=
ip link del $tap

# Both ends of a migration are taps of one bridge.
ip link add br9 type bridge
ip addr add 192.0.2.1/24 dev br9
ip link set br9 up
for one in $tap $other; do
    ip tuntap add $one mode tap vnet_hdr
    ip link set $one master br9 up
done
cp "$streams" $here/data/streams
cat >$here/data/run.sh <<'GUEST'
ip link set lo up; ip addr add 192.0.2.2/24 dev eth0; ip link set eth0 up
dmesg -c >/dev/null
/own/streams serve tcp:7000 2 & served=$!
(while :; do n=$((n + 1)); echo "round $n"; sleep 1; done) &
wait $served
dmesg | grep -iE 'error|bug|warn|lockup|stall|hung|watchdog|call trace' | sed 's/^/BAD /'
echo GUEST-OK
GUEST
truncate -s 8M $here/own.img
mke2fs -q -t ext4 -d $here/data $here/own.img
console() { cat "$VMM_HOME/$1/console.log"; }
says() { console "$1" | grep -q "^$2"; }
"$vmm" run -d --name linux --kernel "$kernel" --initrd "$initramfs" --memory 192M --cpus 2 --disk $here/own.img,readonly=on --net tap=$tap,vhost=on \
    --cmdline "console=ttyS0 quiet $unhurried vmm.run64=$(echo 'mkdir /own; mount -o ro /dev/vda /own; . /own/run.sh' | base64 -w0)" >/dev/null
awaited=linux
until_true says linux 'round 2'
until_true says linux 'listening at'
"$streams" talk tcp:192.0.2.2:7000 >$here/talk 2>&1 &
talk=$!
awaited="linux $talk"

# The kernel's thread that moves the frames of a VM, and how long it has run; it is named after the process.
pid() { sed -n 's/.*"pid": \([0-9]*\).*/\1/p' "$VMM_HOME/$1/state.json"; }
worker() { pgrep -x "vhost-$(pid "$1")" | head -n 1; }
worked() { cut -d' ' -f1 "/proc/$(worker "$1")/schedstat"; }
acknowledged() { ss -Htin dst 192.0.2.2 | sed -n 's/.*bytes_acked:\([0-9]*\).*/\1/p'; }
talked() { [ "$(acknowledged || true)" -gt "$1" ] 2>/dev/null; }
# talks VM: the connection goes on, for ten echoes more.
talks() { until_true talked $(($(acknowledged) + 10240)); }
# by_vhost VM, by_vmm VM: it does, and the kernel's thread has moved it, or has not run.
by_vhost() {
    ran=$(worked "$1")
    talks "$1"
    [ "$(worked "$1")" -gt "$ran" ] || fail "vhost did not move it"
}
by_vmm() {
    # A limit takes the queues back when the device's thread hears of it: what is moved until then counts for nothing.
    for attempt in 1 2 3 4 5; do
        ran=$(worked "$1")
        talks "$1"
        [ "$(worked "$1")" -gt "$ran" ] || return 0
    done
    fail "vhost moved it"
}
by_vhost linux
"$vmm" snapshot linux $here/full
by_vhost linux
"$vmm" snapshot linux $here/live --live
by_vhost linux
echo "ok a snapshot, and a live one"
"$vmm" limit linux net0 bandwidth=100M/s
by_vmm linux
"$vmm" limit linux net0 off
by_vhost linux
"$vmm" link linux down
"$vmm" link linux up
by_vhost linux
echo "ok a limit, and the cable out and in"

"$vmm" receive unix:$here/move.sock -d --name there --net tap=$other >/dev/null
"$vmm" migrate linux unix:$here/move.sock --downtime 1000 --auto-converge >$here/move 2>&1 || fail "it did not move" $here/move
awaited="there $talk"
"$vmm" rm linux
[ -z "$(pgrep -x "vhost-$(pid there)")" ] || fail "there it should be without vhost"
talks there
"$vmm" receive unix:$here/move.sock -d --name linux --net tap=$tap,vhost=auto >/dev/null
"$vmm" migrate there unix:$here/move.sock --mode postcopy >$here/move 2>&1 || fail "it did not move back" $here/move
awaited="linux $talk"
"$vmm" rm there
by_vhost linux
echo "ok migrated to a process without vhost, and back by post-copy to one with it"
# What the kernel writes is not recorded: from here on changes are kept for the next snapshot.
"$vmm" snapshot linux $here/tracked --track
by_vmm linux
"$vmm" snapshot linux $here/part --parent $here/tracked
by_vmm linux
echo "ok vmm itself while writes are recorded"

kill $talk
wait $talk || fail "the connection did not last" $here/talk
talk=
grep '^verified' $here/talk
awaited=linux
"$streams" open tcp:192.0.2.2:7000 1 4096
until_true says linux GUEST-OK
! says linux BAD || fail "something is wrong in the guest: $(console linux | grep '^BAD')"
awaited=
# It has powered itself off, or is about to.
"$vmm" wait linux
"$vmm" rm linux
echo "ok one connection all the time; nothing in the kernel's log"

"$vmm" restore $here/part -d --name copy --net tap=$tap,vhost=on >/dev/null
awaited=copy
until_true says copy round
grep -q . "/proc/$(worker copy)/schedstat"
# Its memory is still being brought: a reply may be late.
no_loss() { busybox ping -c 3 192.0.2.2 | grep ' 0% packet loss'; }
until_true no_loss
"$vmm" kill copy >/dev/null
awaited=
until_true sh -c "! pgrep -x 'vhost-.*'"
echo "ok a copy of it comes back by vhost; nothing is left behind"
