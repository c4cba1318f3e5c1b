#!/bin/busybox sh
# Process 1 of L1, the lab's own kernel: loads modules, makes the host's root the root under
# a tmpfs overlay, mounts the shared folders, brings the network up, and becomes the agent.
# /lab.conf, written for each boot, sets: CHECKOUT WORK CACHE PORT TOKEN MODULES_DIR
export PATH=/bin
/bin/busybox mkdir -p /bin /proc /sys /dev /host /upper /root
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
hostname lab
. /lab.conf

while read -r module; do
    insmod "/modules/$module" || echo "lab: cannot load $module"
done < /modules/order

share() { # tag folder options
    mkdir -p "$2"
    mount -t 9p -o "trans=virtio,version=9p2000.L,msize=512000,$3" "$1" "$2" || echo "lab: cannot mount $1 on $2"
}
share root /host ro,cache=loose
mount -t tmpfs -o size=60% tmpfs /upper
mkdir -p /upper/data /upper/work
mount -t overlay -o lowerdir=/host,upperdir=/upper/data,workdir=/upper/work overlay /root || exec sh

# Its source says why.
/heartbeat </dev/null >/dev/console 2>&1 &

cd /root
mount --move /proc proc
mount --move /sys sys
mount --move /dev dev
mkdir -p dev/pts dev/shm
mount -t devpts -o ptmxmode=666,mode=620,gid=5 devpts dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777,size=60% tmpfs tmp
ln -s /proc/self/fd dev/fd
ln -s /proc/self/fd/0 dev/stdin
ln -s /proc/self/fd/1 dev/stdout
ln -s /proc/self/fd/2 dev/stderr
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t debugfs debugfs sys/kernel/debug
cp /agent run/lab-agent
mkdir -p run/lab/checkout
cp /shipped run/lab/shipped

# Files here change while L1 is up: what was just built must be what runs.
share checkout "/root$CHECKOUT" ro,cache=none
# The program that was built is copied into memory before each command; its source says why.
mount --bind "/root$CHECKOUT" /root/run/lab/checkout
share work "/root$WORK" rw,cache=mmap
# Files here never change once they have their name.
share cache "/root$CACHE" ro,cache=loose
mkdir -p lib/modules
ln -s "$MODULES_DIR" "lib/modules/$(uname -r)"

ip link set lo up
ip link set eth0 up
ip addr add 10.0.2.15/24 dev eth0
cd /
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 VMM_LAB_INSIDE=1 VMM_LAB_CHECKOUT="$CHECKOUT" \
    switch_root /root /run/lab-agent serve "$PORT" "$TOKEN" </dev/console >/dev/console 2>&1
