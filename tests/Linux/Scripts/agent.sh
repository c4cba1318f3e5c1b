#!/bin/sh
# Debian's guest agent in a stock guest, by vmm's commands: from "is not there" to "has shut the guest down".
# usage: agent.sh VMM KERNEL INITRD TOOLS_DISK. Prints what went well; the first thing that does not ends it.
set -eu
vmm=$1 kernel=$2 initrd=$3 tools=$4
. "$(dirname "$0")/waiting.sh"
work=/tmp/agent.$$
export VMM_HOME=$work/home
mkdir -p "$work/data"
trap '"$vmm" kill linux guest plain >/dev/null 2>&1 || true; rm -rf "$work"' EXIT

# refused TEXT COMMAND…: the command fails with one line that has the text.
refused() {
    text=$1
    shift
    if "$@" >"$work/out" 2>&1; then echo "was not refused: $*"; exit 1; fi
    grep -q "$text" "$work/out" || { echo "$* said: $(cat "$work/out")"; exit 1; }
}
answers() { "$vmm" agent linux ping --timeout 1 2>/dev/null; }
started() { printf 'go\r' | timeout 5 "$vmm" console linux >/dev/null 2>&1; answers; }
metric() { "$vmm" stats --output prometheus linux | sed -n "s/^vmm_port_$1{.*} //p"; }

# The guest writes to its disk without end; the agent starts when it is told to.
truncate -s 64M "$work/data.img"
mke2fs -q -t ext4 -d "$work/data" "$work/data.img"
cat >"$work/run.sh" <<'GUEST'
ip link set lo up
mount -t ext4 -o ro /dev/vda /mnt
mkdir -p /data /sbin
mount -t ext4 /dev/vdb /data
cat >/sbin/shutdown <<'END'
#!/bin/sh
sync
case $* in *-r*) reboot -f ;; *-H*) halt -f ;; *) poweroff -f ;; esac
END
chmod +x /sbin/shutdown
(while :; do n=$((n+1)); echo "$n" >/data/count; dd if=/dev/urandom of=/data/noise bs=4096 count=16 2>/dev/null; sleep 0.1; done) &
for file in /sys/class/virtio-ports/*/name; do
    [ "$(cat "$file")" = org.qemu.guest_agent.0 ] && port=$(basename "$(dirname "$file")")
done
echo "port $port"
[ -e /data/agent ] || { read -r line && echo "$line" >/data/agent; }
exec /mnt/qemu-ga -m virtio-serial -p "/dev/$port" -t /tmp -f /tmp/qga.pid
GUEST
"$vmm" run -d --name linux --kernel "$kernel" --initrd "$initrd" --memory 256M --agent --disk "$tools,readonly=on" --disk "$work/data.img" \
    --cmdline "console=ttyS0 quiet vmm.run64=$(base64 -w0 "$work/run.sh")"
"$vmm" run -d --name plain --firmware monitor --memory 4M >/dev/null
[ "$(stat -c %a "$VMM_HOME/linux/port-org.qemu.guest_agent.0.sock")" = 600 ]
awaited=linux
until_true sh -c "'$vmm' logs linux | grep -q '^port vport'"
refused "create it with --agent" "$vmm" agent plain ping
refused "is qemu-guest-agent installed and running there" "$vmm" agent linux ping --timeout 1
"$vmm" kill plain
echo "ok started; a missing port and a missing agent are told"

until_true started
"$vmm" agent linux info | grep -q 'guest-fsfreeze-freeze'
"$vmm" agent linux get-osinfo | grep -q '^kernel-release'
"$vmm" agent linux interfaces | grep -q '127.0.0.1/8'
"$vmm" agent linux interfaces --output json | grep -q '"ip-address": "127.0.0.1"'
"$vmm" agent linux raw '{"execute": "guest-get-vcpus"}' | grep -q '"logical-id": 0'
refused "does not do guest-nonsense" "$vmm" agent linux raw '{"execute": "guest-nonsense"}'
for n in 1 2 3 4; do "$vmm" agent linux ping & pids="${pids:-} $!"; done
for pid in $pids; do wait "$pid"; done
[ "$(metric guest_open)" = 1 ]
[ "$(metric to_guest_bytes_total)" -gt 100 ]
echo "ok the agent answers; of several clients each in its turn"

[ "$("$vmm" agent linux exec -- sh -c 'echo out; echo err >&2' 2>/dev/null)" = out ]
[ "$("$vmm" agent linux exec -- sh -c 'echo out; echo err >&2' 2>&1 >/dev/null)" = err ]
code=0; "$vmm" agent linux exec sh -c 'exit 7' || code=$?
[ $code = 7 ]
code=0; "$vmm" agent linux exec sh -c 'kill -9 $$' || code=$?
[ $code = 137 ]
[ "$("$vmm" agent linux exec --within 120 --timeout 100 -- sh -c 'dd if=/dev/zero bs=1024 count=2048 2>/dev/null' | wc -c)" = 2097152 ]
refused "it runs on in the guest, as process" "$vmm" agent linux exec --within 1 sleep 600
refused "refused guest-exec" "$vmm" agent linux exec /no/such/program
echo "ok exec: output, exit codes, 2 MiB through the port"

"$vmm" agent linux freeze | grep -q 'file systems are frozen'
[ "$("$vmm" agent linux freeze-status)" = frozen ]
cp "$work/data.img" "$work/copy.img"
e2fsck -fn "$work/copy.img" >"$work/out" 2>&1 || { cat "$work/out"; exit 1; }
debugfs -R 'cat /count' "$work/copy.img" 2>/dev/null | grep -q '^[0-9]'
sleep 1
cmp "$work/data.img" "$work/copy.img"
refused "frozen" "$vmm" agent linux exec true
"$vmm" agent linux thaw | grep -q 'file systems were thawed'
[ "$("$vmm" agent linux freeze-status)" = thawed ]
until_true sh -c "! cmp -s '$work/data.img' '$work/copy.img'"
echo "ok freeze: a copy of the disk is whole, and nothing is written until the thaw"

"$vmm" rename linux guest
"$vmm" agent guest ping
"$vmm" rename guest linux
"$vmm" agent linux shutdown --reboot
until_true sh -c "grep -q rebooted '$VMM_HOME/events.jsonl'"
until_true answers
"$vmm" stop --agent --timeout 60 linux
"$vmm" list | grep -q '^linux *stopped'
[ ! -e "$VMM_HOME/linux/port-org.qemu.guest_agent.0.sock" ]
echo "ok renamed, rebooted and shut down by the agent; no socket left"
