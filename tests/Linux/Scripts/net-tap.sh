#!/bin/sh
# A stock guest on taps of the host: ping both ways, a download, iperf3 both ways with offloads, the cable pulled and put in
# again, two pairs of queues, a tap that vmm makes; then what is refused.
# usage: net-tap.sh VMM KERNEL INITRAMFS TOOLS-DISK. Prints what went well; the first thing that does not ends it.
set -eu
vmm=$1 kernel=$2 initramfs=$3 tools=$4
. "$(dirname "$0")/waiting.sh"
here=/tmp/net-tap.$$
tap=vmmtap0
mkdir $here
trap '[ -z "${guest:-}" ] || kill "$guest" 2>/dev/null || true; [ -z "${server:-}" ] || kill "$server" 2>/dev/null || true
[ -z "${web:-}" ] || kill "$web" 2>/dev/null || true; ip link del $tap 2>/dev/null || true; rm -rf $here' EXIT

refused() {
    text=$1
    shift
    if timeout 60 "$vmm" run --kernel "$kernel" "$@" >$here/out 2>&1; then echo "was not refused: $*"; exit 1; fi
    grep -q "$text" $here/out || { echo "$* said: $(cat $here/out)"; exit 1; }
}

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
    if [ -n "${meanwhile:-}" ]; then $meanwhile; fi
    wait $guest || true
    guest=
    grep -q GUEST-OK $here/$1 || { echo "$1:"; cat $here/$1; exit 1; }
}

ip tuntap add $tap mode tap vnet_hdr
ip addr add 192.0.2.1/24 dev $tap
ip link set $tap up
iperf3 -s -B 192.0.2.1 >/dev/null 2>&1 &
server=$!
head -c 3000000 /dev/urandom >$here/big
sum=$(sha256sum <$here/big)
busybox httpd -f -p 192.0.2.1:8000 -h $here &
web=$!

answers() { busybox ping -c 1 -W 1 192.0.2.2 >/dev/null 2>&1; }
show() { cat $here/plain; }
# The host's pings begin as soon as the guest is there.
from_host() {
    awaited=$guest
    until_true answers
    # In a lab that has other things to do a reply may be late: again, then.
    until_true no_loss 5 56
    until_true no_loss 3 1400
    touch $here/pinged
    awaited=
}
no_loss() { busybox ping -c $1 -s $2 192.0.2.2 >$here/ping && grep -q ' 0% packet loss' $here/ping; }
meanwhile=from_host
boot plain "tap=$tap,mac=02:00:00:00:00:02" "cat /sys/class/net/eth0/address
until ping -c 5 192.0.2.1 >/tmp/pings && grep -q ' 0% packet loss' /tmp/pings; do sleep 1; done
cat /tmp/pings
until curl -sf http://192.0.2.1:8000/pinged; do sleep 1; done
curl -s http://192.0.2.1:8000/big | sha256sum
streamed -t 3
streamed -t 3 -R
streamed -t 2 -u -b 20M -R
ethtool -k eth0 | grep -E '^(tcp-seg|tx-checksum-ip-generic|rx-checksumming|large-receive|generic-receive)' || true
ip link show eth0"
meanwhile=
grep -q '02:00:00:00:00:02' $here/plain
grep -q '5 packets received, 0% packet loss' $here/plain
grep -qF "${sum%% *}" $here/plain || { echo "the download differs"; cat $here/plain; exit 1; }
grep -E 'receiver|round-trip' $here/plain $here/ping | sed "s|$here/||"
echo "ok pinged both ways, downloaded, streamed both ways"

transport=mmio
boot mmio "tap=$tap" "ping -c 3 192.0.2.1; streamed -t 2 -R; streamed -t 2"
grep receiver $here/mmio
ip link del $tap
transport=pci
echo "ok over MMIO, on the same tap"

ip tuntap add $tap mode tap vnet_hdr multi_queue
ip addr add 192.0.2.1/24 dev $tap
ip link set $tap up
kill $server; wait $server 2>/dev/null || true
iperf3 -s -B 192.0.2.1 >/dev/null 2>&1 &
server=$!
cpus=2
boot multi "tap=$tap,queues=2" "ethtool -l eth0 | grep Combined; streamed -t 2 -P 4 | grep SUM; streamed -t 2 -P 4 -R | grep SUM"
grep -c 'Combined:.*2' $here/multi | grep -q 2
grep receiver $here/multi
echo "ok two pairs of queues"

refused "is an interface, but no tap" --net tap=lo
ip link del $tap
ip tuntap add $tap mode tap
refused "has one queue" --net tap=$tap,queues=2
refused "is not open" --net fd=77
echo "ok what cannot be used is refused by name"
