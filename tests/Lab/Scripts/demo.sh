# The demo's tour of the machine, run in the guest.
echo
echo "Kernel   $(uname -sr), $(uname -v)"
echo "CPUs     $(nproc) ($(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1))"
echo "Memory   $(sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo) KiB, $(sed -n 's/^MemFree: *\([0-9]*\) kB/\1/p' /proc/meminfo) KiB of it free"
echo "Virtio devices"
for device in /sys/bus/virtio/devices/*; do
    [ -e "$device" ] || continue
    driver=$(readlink "$device/driver")
    place=$(readlink -f "$device")
    place=${place#/sys/devices/}
    echo "  ${device##*/}  type $(($(cat "$device/device")))  on ${place%/virtio*}  driver ${driver##*/}"
done
if [ -b /dev/vda ]; then
    mkdir -p /mnt
    if mount -t ext4 /dev/vda /mnt 2>/dev/null || mount -t ext4 -o ro /dev/vda /mnt; then
        echo "Disk     /dev/vda, $(($(cat /sys/block/vda/size) / 2048)) MiB, mounted on /mnt"
        echo "         /mnt/hello.txt says: $(cat /mnt/hello.txt)"
    fi
fi
echo
