#!/bin/sh
# Tiny VMs in the background: what is left after kill -9, a start that fails, --rm; the console; names.
# usage: background.sh VMM. Prints what went well; the first thing that does not ends it.
set -eu
vmm=$1
. "$(dirname "$0")/waiting.sh"
export VMM_HOME=/tmp/background.$$
out=$VMM_HOME.out
trap '"$vmm" list --quiet | xargs -r "$vmm" kill >/dev/null 2>&1 || true; rm -rf "$VMM_HOME" "$VMM_HOME.api" "$out"' EXIT

show() { "$vmm" list; }
# refused TEXT COMMAND…: the command fails with one line that has the text.
refused() {
    text=$1
    shift
    if "$@" >"$out" 2>&1; then echo "was not refused: $*"; exit 1; fi
    grep -q "$text" "$out" || { echo "$* said: $(cat "$out")"; exit 1; }
}
state() { "$vmm" list | awk -v name="$1" '$1 == name { print $2 }'; }
is() { [ "$(state "$1")" = "$2" ]; }
pid() { sed -n 's/.*"pid": \([0-9]*\).*/\1/p' "$VMM_HOME/$1/state.json"; }
tiny() { "$vmm" run -d --firmware monitor --memory 4M "$@"; }

[ "$(tiny --name web)" = web ]
[ "$(tiny)" = monitor ]
[ "$(tiny)" = monitor-2 ]
is web running
[ "$(stat -c %a "$VMM_HOME")" = 700 ]
[ "$(stat -c %a "$VMM_HOME/web/control.sock")" = 600 ]
refused "there is a VM 'web' already" tiny --name web
refused "there is no VM 'wbe'; did you mean 'web'" "$vmm" pause wbe
echo "ok started, named, listed"

until_true grep -q 'type help' "$VMM_HOME/web/console.log"
: >"$out"
printf 'help\r' | timeout 60 "$vmm" console web >"$out" & attached=$!
until_true grep -q 'power off (also Ctrl-D)' "$out"
grep -q 'type help for its commands' "$out"
kill $attached
wait $attached || true
echo "ok console: what was printed before, and what was asked for"

kill -9 "$(pid monitor)"
until_true is monitor killed
refused "it is not running" "$vmm" pause monitor
"$vmm" start monitor
is monitor running
kill -9 "$(pid monitor-2)"
until_true is monitor-2 killed
"$vmm" rm monitor-2
echo "ok kill -9: told as such, started again, removed"

tiny --name gone --rm >/dev/null
kill -9 "$(pid gone)"
until_true is gone ''
[ ! -e "$VMM_HOME/gone" ]
tiny --name status --rm >/dev/null
"$vmm" wait status & waiting=$!
until_true sh -c "ls -l /proc/$waiting/fd | grep -q socket"
printf 'out 0xf4 3\r' | timeout 60 "$vmm" console status >/dev/null || true
code=0
wait $waiting || code=$?
[ $code = 7 ] || { echo "wait for a VM that is removed at its end answered $code"; exit 1; }
refused "there is no 'nope'" "$vmm" run -d --name half --firmware nope
refused "no such file" "$vmm" run -d --name half --firmware hello --disk /none.img
[ ! -e "$VMM_HOME/half" ]
"$vmm" events half | grep -q "boot-failed  reason: "
refused "cannot start 'web': it is running" "$vmm" start web
refused "cannot remove 'web': it is running" "$vmm" rm web
echo "ok nothing half-made, nothing left"

"$vmm" rename web shop
is shop running
"$vmm" reboot shop
until_true sh -c "grep -q rebooted '$VMM_HOME/events.jsonl'"
refused "did not power off" "$vmm" stop --timeout 0.5 shop
"$vmm" stop --timeout 0.5 --force shop
is shop stopped
refused "fd=N is handed" "$vmm" create --name served --firmware monitor --api-socket fd=7
"$vmm" create --name served --firmware monitor --memory 4M --api-socket "$VMM_HOME.api" 2>/dev/null
"$vmm" start served
refused "is in use: a living process listens there" "$vmm" run -d --name second --firmware monitor --api-socket "$VMM_HOME.api"
"$vmm" info served | grep -q "^api socket *$VMM_HOME.api"
[ "$(stat -c %a "$VMM_HOME.api")" = 600 ]
api() { curl -s --fail-with-body --unix-socket "$VMM_HOME.api" -X PUT "http://vmm/api/v1/$1"; }
api vm.pause
is served paused
"$vmm" resume served
curl -s --unix-socket "$VMM_HOME.api" http://vmm/api/v1/vm.info | grep -q '"state":"Running"'
api vmm.shutdown
until_true is served stopped
until_true [ ! -e "$VMM_HOME.api" ]
[ ! -e "$VMM_HOME/second" ]
"$vmm" start served
"$vmm" kill served
"$vmm" rm served
echo "ok the API and the commands steer one VM in the background"
tiny --name counted --stats >/dev/null
"$vmm" kill counted
"$vmm" wait counted >/dev/null || true
"$vmm" logs --vmm counted | grep -q 'exits in all'
"$vmm" rm counted
echo "ok what was counted is told at the end"
"$vmm" kill monitor
"$vmm" rm shop monitor
[ "$(ls "$VMM_HOME")" = events.jsonl ]
"$vmm" bench pause --rounds 100 | grep -q 'exits while held: none'
echo "ok renamed, rebooted, stopped, removed; every pause holds"
