#!/bin/sh
# A stock guest worked hard for a while, in the lab: tests/soak.sh [SECONDS]. What is done is in tests/Linux/Scripts/soak.sh.
set -eu
cd "$(dirname "$0")/.."
tests/Lab/lab fetch >out/soak.env
. out/soak.env
exec tests/Lab/lab run -- sh "$PWD/tests/Linux/Scripts/soak.sh" "$PWD/out/vmm" "$CLOUD_BZIMAGE" "$CLOUD_INITRAMFS" "$TOOLS_DISK" "${1:-600}"
