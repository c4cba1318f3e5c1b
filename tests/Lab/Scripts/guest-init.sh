#!/bin/busybox sh
# Process 1 of the test guests. What it does is said on the kernel's command line:
#   (nothing)              an interactive shell on the console; its end powers off
#   vmm.demo               shows the machine and a file from the first disk, then the shell
#   vmm.run64=BASE64       runs that shell script, prints VMM-GUEST-EXIT=<code>, powers off
#   vmm.end=WHAT           after a script or the demo: poweroff, reboot, halt or shell
# A script in the initramfs as /run.sh is run as vmm.run64 would be.
export PATH=/bin HOME=/ TERM=linux PS1='guest# '
/bin/busybox mkdir -p /proc /sys /dev /tmp /mnt /run
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev 2>/dev/null
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /tmp
hostname guest

load() {
    while read -r module; do
        insmod "/modules/$module" || echo "guest: cannot load $module"
    done < "$1"
}
load /modules/order
for device in /sys/bus/virtio/devices/*/device; do
    order=/modules/order.$(($(cat "$device" 2>/dev/null)))
    [ -e "$order" ] && load "$order" && rm "$order"
done

# hvc0 appears with its module: a kernel that has no other console started us without one.
[ -t 1 ] || exec </dev/console >/dev/console 2>&1

# What a distribution's acpid or logind does: the power button powers off. The only input device here is that button.
for button in /dev/input/event*; do
    [ -e "$button" ] && { head -c 24 "$button" >/dev/null && { sync; umount -a -r; poweroff -f; }; } 2>/dev/null &
done

script='' end=''
for word in $(cat /proc/cmdline); do
    case $word in
    vmm.demo) script=/demo.sh ;;
    vmm.run64=*) echo "${word#*=}" | base64 -d > /tmp/run.sh && script=/tmp/run.sh ;;
    vmm.end=*) end=${word#*=} ;;
    esac
done
[ -e /run.sh ] && script=/run.sh

# A shell with job control needs a terminal of its own, and /dev/console is none.
shell() { setsid cttyhack sh; }

if [ "$script" = /demo.sh ]; then
    sh /demo.sh
    : "${end:=shell}"
elif [ -n "$script" ]; then
    sh "$script"
    echo "VMM-GUEST-EXIT=$?"
    : "${end:=poweroff}"
fi

case ${end:-shell} in
shell) shell; end=poweroff ;;
esac
sync
umount -a -r 2>/dev/null
"$end" -f
