#!/bin/sh
# A stock guest that is worked hard: processors and memory by stress-ng, its disk by fio with every byte verified, its network
# by iperf3 both ways, while its balloon moves. Nothing may fail, and the guest's kernel may not complain.
# usage: soak.sh VMM KERNEL INITRAMFS TOOLS-DISK [SECONDS]. Prints what went well; the first thing that does not ends it.
set -eu
vmm=$1 kernel=$2 initramfs=$3 tools=$4 seconds=${5:-600}
export VMM_HOME=/tmp/soak.$$
tap=vmmsoak0 disk=/tmp/soak.$$.img
trap '"$vmm" kill soak >/dev/null 2>&1 || true; [ -z "${server:-}" ] || kill "$server"; ip link del $tap 2>/dev/null || true; rm -rf "$VMM_HOME" "$disk"' EXIT

ip tuntap add $tap mode tap vnet_hdr
ip addr add 192.0.2.1/24 dev $tap
ip link set $tap up
iperf3 -s -B 192.0.2.1 >/dev/null 2>&1 &
server=$!
truncate -s 512M "$disk"

work="mount -o ro /dev/vda /mnt; PATH=\$PATH:/mnt
ip addr add 192.0.2.2/24 dev eth0; ip link set eth0 up
dmesg -c >/dev/null
stress-ng --cpu 1 --vm 1 --vm-bytes 128m --vm-method all --verify --timeout $seconds --temp-path /tmp >/tmp/stress 2>&1 & s=\$!
fio --name=soak --filename=/dev/vdb --rw=randrw --bsrange=4k-256k --size=256m --direct=1 --ioengine=libaio --iodepth=16 --verify=crc32c --verify_fatal=1 --time_based --runtime=$seconds >/tmp/fio 2>&1 & f=\$!
end=\$((\$(date +%s) + $seconds)); n=0; bad=0
while [ \$(date +%s) -lt \$end ]; do
  iperf3 -c 192.0.2.1 -t 5 >/tmp/iperf 2>&1 && iperf3 -c 192.0.2.1 -t 5 -R >/tmp/iperf 2>&1 || { bad=1; cat /tmp/iperf; break; }
  n=\$((n + 2))
done
wait \$s; sc=\$?; wait \$f; fc=\$?
tail -n 3 /tmp/stress; grep -E 'READ|WRITE|err=' /tmp/fio; echo iperf3 runs \$n
dmesg | grep -iE 'error|bug|warn|lockup|stall|corrupt|hung|reset' && bad=2
echo SOAK stress-ng \$sc fio \$fc network \$bad"

"$vmm" run -d --name soak --kernel "$kernel" --initrd "$initramfs" --memory 512M --cpus 2 \
    --disk "path=$tools,readonly=on" --disk "$disk" --net tap=$tap --balloon size=0,free-page-reporting=on \
    --cmdline "console=ttyS0 quiet vmm.run64=$(printf '%s\n' "$work" | base64 -w0)" >/dev/null
echo "ok started"

# The balloon grows and shrinks until the guest is done.
while [ "$("$vmm" list | awk '$1 == "soak" { print $2 }')" = running ]; do
    for size in 64M 0; do
        "$vmm" balloon soak $size >/dev/null 2>&1 || true
        timeout 10 "$vmm" wait soak >/dev/null 2>&1 || true
    done
done
"$vmm" logs soak | tail -n 12
"$vmm" logs soak | grep -q 'SOAK stress-ng 0 fio 0 network 0' || { "$vmm" stats soak 2>/dev/null || true; exit 1; }
echo "ok $seconds seconds under stress-ng, fio --verify and iperf3 without an error"
