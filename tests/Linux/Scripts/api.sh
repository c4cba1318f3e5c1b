#!/bin/sh
# A stock Linux VM by calls of the REST API: created, booted, paused, resumed, powered down, deleted.
# usage: api.sh VMM KERNEL INITRD. Prints what went well; the first thing that does not ends it.
set -eu
vmm=$1 kernel=$2 initrd=$3
. "$(dirname "$0")/waiting.sh"
folder=/tmp/api.$$
mkdir "$folder"
"$vmm" --api-socket "$folder/api.sock" --event-monitor "path=$folder/events" &
pid=$! awaited=$!
trap 'kill $pid 2>/dev/null || true; rm -rf "$folder"' EXIT

# call METHOD CALL STATUS [BODY]: makes a call, and insists on the status.
call() {
    code=$(curl -sS --unix-socket "$folder/api.sock" -X "$1" -o "$folder/answer" -w '%{http_code}' ${4:+-H 'Content-Type: application/json' -d "$4"} "http://localhost/api/v1/$2")
    [ "$code" = "$3" ] || { echo "$1 $2 gave $code, not $3: $(cat "$folder/answer")"; exit 1; }
}
show() { tail -5 "$folder/serial"; }
state() { call GET vm.info 200; tr -d ' \n' <"$folder/answer" | sed 's/.*"state":"\([A-Za-z]*\)".*/\1/'; }
is() { [ "$(state)" = "$1" ]; }
ticks() { grep -c '^tick ' "$folder/serial" 2>/dev/null || true; }
more_than() { [ "$(ticks)" -gt "$1" ]; }

until_true [ -S "$folder/api.sock" ]
call GET vmm.ping 200
[ "$(stat -c %a "$folder/api.sock")" = 600 ]
call PUT vm.boot 404
echo "ok pinged"

script='while :; do n=$((n+1)); echo "tick $n $(date +%s)"; sleep 0.2; done'
call PUT vm.create 204 "{\"cpus\":{\"boot_vcpus\":1,\"max_vcpus\":1},\"memory\":{\"size\":268435456},
    \"payload\":{\"kernel\":\"$kernel\",\"initramfs\":\"$initrd\",\"cmdline\":\"console=ttyS0 quiet vmm.run64=$(echo "$script" | base64 -w0)\"},
    \"serial\":{\"mode\":\"File\",\"file\":\"$folder/serial\"},\"console\":{\"mode\":\"Off\"}}"
is Created
call PUT vm.boot 204
is Running
until_true more_than 2
echo "ok booted"

call PUT vm.pause 204
is Paused
sleep 1
held=$(ticks)
sleep 3
[ "$(ticks)" = "$held" ]
call PUT vm.resume 204
until_true more_than "$held"
call GET vm.counters 200
curl -sS --unix-socket "$folder/api.sock" http://localhost/metrics | grep -q '^vmm_exit_duration_seconds_count'
echo "ok paused and resumed"

call PUT vm.power-button 204
until_true is Shutdown
call PUT vm.delete 204
grep -q '"booted"' "$folder/events"
grep -q '"deleted"' "$folder/events"
call PUT vmm.shutdown 204
wait $pid
[ ! -e "$folder/api.sock" ]
echo "ok powered down, deleted, gone"
