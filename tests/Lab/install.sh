#!/bin/sh
# Installs what the lab needs and this machine lacks. Does nothing, quickly, when all is there.
# Kernels are not installed: the lab downloads and unpacks them (tests/Lab/Kernels).
set -eu

# package: a file that is there when it is installed
needed='
qemu-system-x86:/usr/bin/qemu-system-x86_64
kmod:/sbin/depmod
busybox-static:/usr/share/doc/busybox-static
xz-utils:/usr/bin/xz
lz4:/usr/bin/lz4
zstd:/usr/bin/zstd
e2fsprogs:/sbin/mkfs.ext4
fio:/usr/bin/fio
iperf3:/usr/bin/iperf3
stress-ng:/usr/bin/stress-ng
socat:/usr/bin/socat
curl:/usr/bin/curl
ethtool:/usr/sbin/ethtool
qemu-guest-agent:/usr/sbin/qemu-ga
passt:/usr/bin/passt
iproute2:/bin/ip
acpica-tools:/usr/bin/iasl
util-linux:/usr/bin/setpriv
gdb:/usr/bin/gdb
gcc:/usr/bin/gcc
libc6-dev:/usr/include/stdio.h
'
missing=
for entry in $needed; do
    [ -e "${entry#*:}" ] || missing="$missing ${entry%%:*}"
done

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# Fetching a kernel needs apt's lists, unless it was fetched before.
cache=${VMM_CACHE:-$HOME/.cache/vmm}
lists=yes
for metapackage in linux-image-amd64 linux-image-cloud-amd64; do
    [ -d "$cache/kernels/$metapackage" ] || apt-cache show "$metapackage" >/dev/null 2>&1 || lists=no
done

[ -z "$missing" ] && [ "$lists" = yes ] && exit 0
as_root apt-get update -q
[ -z "$missing" ] && exit 0
echo "lab: installing$missing"
# shellcheck disable=SC2086  # a list of words
DEBIAN_FRONTEND=noninteractive as_root apt-get install -y -q --no-install-recommends $missing
