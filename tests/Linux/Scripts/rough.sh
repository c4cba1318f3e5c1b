#!/bin/sh
# What a user's shell, terminal and machine do to a VMM: closed streams, a process that was stopped, a console that is
# ended from outside, another user.
# usage: rough.sh VMM. Prints what went well; the first thing that does not ends it.
set -eu
vmm=$1
. "$(dirname "$0")/waiting.sh"
export VMM_HOME=/tmp/rough.$$
out=$VMM_HOME.out
typed=$VMM_HOME.typed
trap '"$vmm" list --quiet | xargs -r "$vmm" kill >/dev/null 2>&1 || true; rm -rf "$VMM_HOME" "$out" "$typed" "$VMM_HOME.tty" "$VMM_HOME.vmm" "$VMM_HOME.api"' EXIT

fail() { echo "$1: $(cat "$out")"; exit 1; }
said() { grep -q "$1" "$out" || fail "was to say '$1'"; }
# refused CODE TEXT COMMAND…: the command ends with the code and one line that has the text.
refused() {
    expected=$1 text=$2 code=0
    shift 2
    "$@" >"$out" 2>&1 || code=$?
    [ $code = "$expected" ] || fail "$* answered $code"
    [ "$(wc -l <"$out")" = 1 ] || fail "$* said more than a line"
    said "$text"
}
state() { "$vmm" list | awk -v name="$1" '$1 == name { print $2 }'; }
is() { [ "$(state "$1")" = "$2" ]; }
pid() { sed -n 's/.*"pid": \([0-9]*\).*/\1/p' "$VMM_HOME/$1/state.json"; }
tiny() { "$vmm" run -d --firmware monitor --memory 4M --name "$1"; }
hello() { "$vmm" run --firmware hello --memory 4M "$@"; }

hello >"$out" 2>&1 <&-
said "Hello from a tiny guest"
hello 2>&- >"$out"
said "Hello from a tiny guest"
# A shell of its own: this one's trace goes to standard error, too.
sh -c '"$0" run --firmware hello --memory 4M >&-' "$vmm" 2>"$out"
[ ! -s "$out" ] || fail "a guest without standard output"
hello <&- >&- 2>&-
"$vmm" run -d --firmware monitor --memory 4M --name quiet <&- >&- 2>&-
is quiet running
# Had they been left closed, a disk or a socket would be where the next message goes.
for stream in 0 1 2; do
    case $(readlink "/proc/$(pid quiet)/fd/$stream") in
    /dev/null | "$VMM_HOME/quiet/vmm.log") ;;
    *) readlink "/proc/$(pid quiet)/fd/$stream"; exit 1 ;;
    esac
done
if "$vmm" list 2>"$out" >/dev/full; then fail "a list that was not printed"; fi
said "No space left on device"
echo "ok closed streams, and one that is full"

tiny first >"$out"
tiny second >"$out"
kill -STOP "$(pid first)" "$(pid second)"
is first stuck
is quiet running
"$vmm" pause quiet
is quiet paused
refused 4 "did not answer within 5 s: it may be stopped (kill -CONT $(pid first))" "$vmm" stop --timeout 1 first
"$vmm" stop --timeout 1 --force first
is first killed
"$vmm" kill second
is second killed
"$vmm" rm first second
echo "ok processes that were stopped: told, ended, and none held up by them"

# The terminal is as it was, and the VM runs on, whichever signal ends its console.
"$vmm" resume quiet
for signal in HUP TERM; do
    mkfifo "$typed"
    rm -f "$VMM_HOME.tty"
    script -qefc "stty -g; '$vmm' console quiet; stty -g >'$VMM_HOME.tty'" /dev/null <"$typed" >"$out" 2>&1 & terminal=$!
    exec 3>"$typed"
    printf 'help\r' >&3
    until_true grep -q 'power off (also Ctrl-D)' "$out"
    kill -$signal "$(pgrep -f "^$vmm console quiet")"
    until_true [ -s "$VMM_HOME.tty" ]
    exec 3>&-
    wait $terminal || true
    rm "$typed"
    grep -qF "$(cat "$VMM_HOME.tty")" "$out" || fail "a console that ended by SIG$signal left its terminal as $(cat "$VMM_HOME.tty")"
    is quiet running
done
echo "ok consoles that were ended left the terminal and the VM as they were"

# A start that takes a while, for its memory is touched first, and whose user has had enough: its process is not in his terminal's group any more.
# given_up COMMAND…: it is asked to end once the VM's process is on its way.
given_up() {
    "$@" >"$out" 2>&1 &
    starter=$!
    until_true test -s "$VMM_HOME/slow/vmm.log"
    kill -TERM $starter
    code=0
    wait $starter || code=$?
    [ $code = 143 ] || fail "$* answered $code"
    said "the start of 'slow' was given up (signal 15)"
}
slow="--firmware monitor --memory 1G,prefault=on --name slow --api-socket $VMM_HOME.api"
given_up "$vmm" run -d $slow
[ ! -e "$VMM_HOME/slow" ] && [ ! -e "$VMM_HOME.api" ] || fail "something is left of it"
"$vmm" create $slow >/dev/null
given_up "$vmm" start slow
is slow created || fail "it is $(state slow)"
[ ! -e "$VMM_HOME.api" ] || fail "its socket is left"
"$vmm" rm slow
echo "ok starts that were given up: nothing is left, and what was there before is as it was"

# The program itself, where that user may read it.
cp "$vmm" "$VMM_HOME.vmm"
chmod 755 "$VMM_HOME.vmm"
stranger="setpriv --reuid 65534 --regid 65534 --clear-groups $VMM_HOME.vmm"
before=$(ls -A "$VMM_HOME")
refused 4 "is not for this user to look into: set VMM_HOME" $stranger list
refused 4 "quiet' is not for this user to look into" $stranger kill quiet
refused 4 "permission denied; VMM_HOME names another place" $stranger run -d --firmware monitor --memory 4M --name mine
chmod 755 "$VMM_HOME"
[ -z "$($stranger list --quiet)" ]
refused 4 "quiet' is not for this user to look into" $stranger kill quiet
refused 4 "permission denied; VMM_HOME names another place" $stranger run -d --firmware monitor --memory 4M --name mine
is quiet running
[ "$(ls -A "$VMM_HOME")" = "$before" ]
"$vmm" kill quiet
"$vmm" rm quiet
echo "ok another user: refused, and nothing touched"
