#!/bin/sh
# A stock Linux guest and its host talk by vsock: a thousand streams at once opened by each side, every byte checked.
# usage: vsock.sh VMM KERNEL INITRD STREAMS [COUNT]. STREAMS is tests/Lab/Guest/streams.c, compiled; it runs at both ends.
# Prints what went well; the first thing that does not ends it.
set -eu
vmm=$1 kernel=$2 initrd=$3 streams=$4 count=${5:-1000}
. "$(dirname "$0")/waiting.sh"
bytes=4096
export VMM_HOME=/tmp/vsock.$$
mkdir "$VMM_HOME"
socket=$VMM_HOME/v
trap '"$vmm" kill talker >/dev/null 2>&1 || true; rm -rf "$VMM_HOME"' EXIT
ulimit -n "$(ulimit -Hn)"

says() { "$vmm" logs talker | grep -q "$1"; }
is_socket() { [ -S "$1" ]; }
counter() { "$vmm" stats --output prometheus talker | sed -n "s/^vmm_vsock_$1{.*} //p"; }

# The program is the guest's disk, filled up to whole sectors.
cp "$streams" "$VMM_HOME/disk"
size=$(stat -c %s "$VMM_HOME/disk")
truncate -s $(((size + 511) / 512 * 512)) "$VMM_HOME/disk"

# The host listens before the guest can ask.
"$streams" serve "unix:${socket}_4000" "$count" >"$VMM_HOME/served" 2>&1 &
server=$!
"$streams" sink "unix:${socket}_4001" >"$VMM_HOME/sunk" 2>&1 &
awaited=$server
until_true is_socket "${socket}_4000"
script="cat /dev/vda >/tmp/streams; chmod +x /tmp/streams; ulimit -n 8192
/tmp/streams open vsock:2:4000 $count $bytes || exit 1
/tmp/streams open vsock:2:4444 1 1024 && exit 1
echo guest-was-refused
/tmp/streams pour vsock:2:4001 64 || exit 1
/tmp/streams serve vsock:5000 $count"
"$vmm" run -d --name talker --kernel "$kernel" --initrd "$initrd" --memory 512M --disk "$VMM_HOME/disk,readonly=on" \
    --vsock "cid=7,socket=$socket" --cmdline "console=ttyS0 quiet vmm.run64=$(echo "$script" | base64 -w0)"
[ "$(stat -c %a "$socket")" = 600 ]
awaited=talker
until_true says '^verified\|^VMM-GUEST-EXIT'
says "^verified $count streams"
wait $server
grep -q "^served $((count * bytes)) bytes, $count at once" "$VMM_HOME/served"
"$vmm" logs talker | grep '^verified'
[ "$(counter opened_by_guest_total)" -ge "$count" ]
[ "$(counter bad_packets_total)" = 0 ]
echo "ok $count streams that the guest opened"

until_true says '^guest-was-refused'
echo "ok nobody listens: refused"
until_true says '^poured'
cat "$VMM_HOME/sunk"

until_true says '^listening at vsock'
"$streams" open "unix:$socket:5000" "$count" "$bytes"
until_true says '^VMM-GUEST-EXIT=0'
says "^served $((count * bytes)) bytes, $count at once"
echo "ok $count streams that the host opened"

"$vmm" wait talker
[ ! -e "$socket" ]
"$vmm" rm talker
echo "ok ended: no socket is left"
