#!/bin/sh
# A stock guest on the host's network by passt, all of it as a user who is not root: an address by DHCP, a name by DNS,
# connections out and in, the cable pulled and put in again, a passt that dies, a vmm that is killed.
# usage: net-passt.sh VMM KERNEL INITRAMFS TOOLS-DISK. Prints what went well; the first thing that does not ends it.
set -eu
vmm=$1 kernel=$2 initramfs=$3 tools=$4
[ "$(id -u)" -eq 0 ] || { echo "needs root, for a network of its own"; exit 77; }
# A host of its own: nothing outside sees its ports, and its resolver is ours.
[ -n "${NET_PASST_INSIDE:-}" ] || NET_PASST_INSIDE=1 exec unshare --net --mount sh "$0" "$@"
here=/tmp/net-passt.$$
user=12345
mkdir -m 755 $here
export VMM_HOME=$here/vms
as_user() { setpriv --reuid $user --regid $user --clear-groups "$@"; }
vmm() { as_user "$vmm" "$@"; }
end() {
    vmm kill web >/dev/null 2>&1 || true
    for pid in ${servers:-}; do kill "$pid" 2>/dev/null || true; done
    umount $here/kernel $here/initramfs $here/tools 2>/dev/null || true
    rm -rf $here
}
trap end EXIT

. "$(dirname "$0")/waiting.sh"
says() { vmm logs web | grep -q "$1"; }
passts() { pidof passt passt.avx2 | wc -w; }
none_left() { [ "$(passts)" -eq 0 ]; }
page() { curl -s --max-time 5 http://127.0.0.1:8080/ 2>/dev/null | grep -q 'from the guest'; }

chmod 0666 /dev/kvm
# The caller's files may lie where only root gets to.
for file in kernel initramfs tools; do
    eval "from=\$$file"
    touch $here/$file
    mount --bind "$from" $here/$file
done
kernel=$here/kernel initramfs=$here/initramfs tools=$here/tools
ip link set lo up
ip link add outside type dummy 2>/dev/null || ip tuntap add outside mode tap
ip addr add 198.51.100.2/24 dev outside
ip link set outside up
ip route add default via 198.51.100.1 dev outside

# Who asks for an A record is told the gateway's address, behind which passt puts this host.
cat >$here/dns <<'DNS'
query=$(dd bs=512 count=1 2>/dev/null | od -An -v -tx1 | tr -d ' \n')
question=${query#????????????????????????}
id=${query%"${query#????}"}
answers=0000 answer=
case $question in *00010001) answers=0001 answer=c00c000100010000003c0004c6336401 ;; esac
busybox printf "$(echo "${id}81800001${answers}00000000$question$answer" | sed 's/../\\x&/g')"
DNS
echo 'nameserver 127.0.0.1' >$here/resolv.conf
mount --bind $here/resolv.conf /etc/resolv.conf
# It would give the answer up half a second after the question.
socat -t 30 UDP-RECVFROM:53,bind=127.0.0.1,fork SYSTEM:"sh $here/dns" &
servers=$!
mkdir $here/www
head -c 3000000 /dev/urandom >$here/www/big
sum=$(sha256sum <$here/www/big)
busybox httpd -f -p 127.0.0.1:8000 -h $here/www &
servers="$servers $!"
iperf3 -s -B 127.0.0.1 >/dev/null 2>&1 &
servers="$servers $!"
mkdir -m 700 "$VMM_HOME"
chown $user "$VMM_HOME"

script='set -e; mount -o ro /dev/vda /mnt; PATH=$PATH:/mnt
cat >/tmp/dhcp <<"D"
[ "$1" = bound ] || exit 0
ip addr add $ip/$mask dev $interface; ip route add default via $router
# The name server below is a shell script on an emulated processor.
echo "options timeout:30 attempts:4" >/etc/resolv.conf
for one in $dns; do echo nameserver $one >>/etc/resolv.conf; done
echo "LEASE $ip router $router dns $dns mtu $(cat /sys/class/net/$interface/mtu)"
D
chmod +x /tmp/dhcp; sed -i "1i #!/bin/sh" /tmp/dhcp
mkdir -p /etc; ip link set lo up; ip link set eth0 up
echo "MAC $(cat /sys/class/net/eth0/address)"
udhcpc -i eth0 -n -q -s /tmp/dhcp
mkdir /tmp/www; echo "<p>from the guest" >/tmp/www/index.html
httpd -p 80 -h /tmp/www
until nslookup -type=a host.test; do sleep 1; done
until curl -sf --max-time 60 -o /tmp/big http://host.test:8000/big; do sleep 1; done
echo "SUM $(sha256sum </tmp/big)"
echo GUEST-SERVES
# The host waits for these the first time only: later its passt is killed whenever it suits it.
for way in "" -R; do until iperf3 -c 198.51.100.1 -t 3 $way | grep receiver; do sleep 1; done; done &
old=1; while :; do now=$(cat /sys/class/net/eth0/carrier); [ $now = $old ] || echo "CARRIER $now"; old=$now; sleep 0.2; done'
vmm create --name web --kernel "$kernel" --initrd "$initramfs" --memory 256M --disk "path=$tools,readonly=on" --net passt,forward=8080:80 \
    --cmdline "console=ttyS0 quiet panic=-1 vmm.run64=$(printf '%s\n' "$script" | base64 -w0)" 2>$here/created || { cat $here/created; exit 1; }
grep -q 'net0 .*passt; free: 8080:80' $here/created || { cat $here/created; exit 1; }
vmm start web
awaited=web
until_true says GUEST-SERVES
mac=$(vmm logs web | sed -n 's/^MAC \([0-9a-f:]*\).*/\1/p')
vmm info web | grep -q "^net net0 *passt, $mac, link up"
vmm logs web | grep -q 'LEASE 198.51.100.2 router 198.51.100.1 dns 198.51.100.1'
echo "ok an address by DHCP, without root: $(vmm logs web | grep -o 'LEASE.*')"
vmm logs web | grep -q 'Address.*198.51.100.1'
vmm logs web | grep -qF "SUM ${sum%% *}"
echo "ok a name by DNS, a download by that name"
told() { vmm logs web | grep -c "$1"; }
streamed() { [ "$(vmm logs web | grep -c receiver)" -ge 2 ]; }
until_true streamed
vmm logs web | grep receiver
until_true page
echo "ok a page of the guest's by the host's port"

! vmm run --name other --net passt,forward=8080:80 2>$here/refused || exit 1
grep -q 'port 8080 of the host is in use' $here/refused
! vmm run --name other --net passt,forward=80:80 2>$here/refused || exit 1
grep -q 'only root may open port 80' $here/refused
echo "ok ports that cannot be had are refused by their number"

vmm link web down
until_true says 'CARRIER 0'
# Nobody connects meanwhile: what was said on a connection that began while its guest was away, Debian's passt (2023-03-09)
# sends for ever and hears nothing more.
vmm info web | grep -q 'net0 .*link down'
vmm link web net0 up
until_true says 'CARRIER 1'
until_true page
echo "ok the cable pulled and put in again"
vmm stats web | grep 'net net0'
vmm stats --output prometheus web | grep -q '^vmm_net_received_frames_total'

awaited=
vmm kill web
until_true none_left
vmm start web
awaited=web
until_true page
[ "$(vmm logs web | sed -n 's/^MAC \([0-9a-f:]*\).*/\1/p' | tail -1)" = "$mac" ]
echo "ok started again at once, on the same port, with the same address"

# Until it serves it still downloads, and looks at no cable.
serves_again() { [ "$(told GUEST-SERVES)" -ge 2 ]; }
until_true serves_again
pulled=$(told 'CARRIER 0')
kill -9 $(pidof passt passt.avx2)
lost_again() { [ "$(told 'CARRIER 0')" -gt "$pulled" ]; }
until_true lost_again
vmm logs --vmm web | grep -q 'net0: passt (process [0-9]*) is gone.*signal 9.*its link is down'
vmm events web | grep -q 'link.*down'
vmm info web | grep -q '^state *running'
echo "ok a passt that dies is told, and the guest lives"

vmm reboot web
until_true page
awaited=
kill -9 "$(vmm info web | sed -n 's/.*process \([0-9]*\).*/\1/p')"
until_true none_left
echo "ok a vmm that is killed takes its passt along"
