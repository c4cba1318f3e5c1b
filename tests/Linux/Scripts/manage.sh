#!/bin/sh
# A stock Linux VM by vmm's commands: defined, started, paused, resumed, powered down, removed.
# usage: manage.sh VMM KERNEL INITRD. Prints what went well; the first thing that does not ends it.
set -eu
vmm=$1 kernel=$2 initrd=$3
. "$(dirname "$0")/waiting.sh"
export VMM_HOME=/tmp/manage.$$
trap '"$vmm" kill linux >/dev/null 2>&1 || true; rm -rf "$VMM_HOME"' EXIT

ticks() { "$vmm" logs linux | grep -c '^tick ' || true; }
state() { "$vmm" list --output json | tr -d ' ",' | grep -A1 '^name:linux$' | sed -n 's/^state://p'; }
more_than() { [ "$(ticks)" -gt "$1" ]; }

# The guest counts, and tells its own time.
script='while :; do n=$((n+1)); echo "tick $n $(date +%s) s"; sleep 0.2; done'
"$vmm" create --name linux --kernel "$kernel" --initrd "$initrd" --memory 256M \
    --cmdline "console=ttyS0 quiet $unhurried vmm.run64=$(echo "$script" | base64 -w0)"
[ "$(state)" = created ]
echo "ok created"
"$vmm" start linux
[ "$(state)" = running ]
awaited=linux
until_true more_than 2
echo "ok started"

"$vmm" pause linux
[ "$(state)" = paused ]
sleep 1
held=$(ticks)
sleep 4
[ "$(ticks)" = "$held" ]
echo "ok paused: no progress"
! "$vmm" pause linux 2>/tmp/refusal.$$ || exit 1
grep -q 'the VM is paused, and would have to be running' /tmp/refusal.$$
rm /tmp/refusal.$$
echo "ok refused: both states named"

"$vmm" resume linux
until_true more_than $((held + 2))
# It is told within an interval of ours; the last line may be half written.
earliest=$(date +%s)
until_true more_than $(($(ticks) + 1))
guest=$("$vmm" logs --tail 3 linux | sed -n 's/^tick [0-9]* \([0-9]*\) s.*/\1/p' | tail -1)
latest=$(date +%s)
[ "$guest" -ge $((earliest - 3)) ] && [ "$guest" -le $((latest + 2)) ] || { echo "the guest's clock says $guest between $earliest and $latest"; exit 1; }
! "$vmm" logs linux | grep -i -e 'soft lockup' -e 'clocksource.*unstable' -e 'rcu.*stall' || exit 1
echo "ok resumed: the clock is right"

"$vmm" info linux | grep -q '^state *running'
"$vmm" stats --output prometheus linux | grep -q '^vmm_exit_duration_seconds_count'
"$vmm" stop --timeout 60 linux
[ "$(state)" = stopped ]
"$vmm" wait linux
echo "ok powered down by its button"
"$vmm" rm linux
[ "$("$vmm" list --quiet | wc -l)" = 0 ]
[ "$(ls "$VMM_HOME")" = events.jsonl ]
echo "ok removed: nothing left"
