#!/bin/sh
# The demo: a tiny guest on this machine's own /dev/kvm, then stock Debian Linux where it can run.
# `tests/demo.sh shell` goes straight to a prompt in the latter.
set -eu
cd "$(dirname "$0")/.."

title() { printf '\n\033[1m%s\033[0m\n' "$*"; }

# The lab's kernel, initramfs and disk, as NAME=path lines; the disk is this run's own.
guest_files() {
    tests/Lab/lab fetch >out/demo.env
    . out/demo.env
}

if [ "${1:-}" = shell ]; then
    guest_files
    echo "Ctrl-A x ends the machine, Ctrl-A h helps."
    exec tests/Lab/lab run -t -- "$PWD/out/vmm" run --kernel "$CLOUD_BZIMAGE" --initrd "$CLOUD_INITRAMFS" \
        --disk "$HELLO_DISK" --cmdline "console=ttyS0 quiet" --cpus 2 --memory 512M
fi

title 'This host (vmm check)'
out/vmm check | grep -e '/dev/kvm' -e 'stock kernel' -e '^This host' || true

# Without a KVM of its own the host has the lab's.
if [ -c /dev/kvm ] && sh -c 'exec 3<>/dev/kvm' 2>/dev/null; then here=; where='on /dev/kvm'; else here='tests/Lab/lab run --'; where="in the lab's KVM"; fi
title "A tiny guest $where (vmm run --firmware hello --stats)"
$here "$PWD/out/vmm" run --firmware hello --stats --memory 2M </dev/null

title 'Stock Debian Linux (vmm run --kernel vmlinuz --initrd … --disk …)'
guest_files
echo "kernel $CLOUD_BZIMAGE"
tests/Lab/lab run -- "$PWD/out/vmm" run --kernel "$CLOUD_BZIMAGE" --initrd "$CLOUD_INITRAMFS" --disk "$HELLO_DISK" \
    --cmdline "console=ttyS0 quiet vmm.demo vmm.end=poweroff" --cpus 2 --memory 512M --stats </dev/null
title 'make shell leaves you at that guest'\''s prompt.'
