#!/bin/sh
# A VM's share of the host: its cgroup holds what was asked for, is felt, and goes with it, after kill -9 with the next VM.
# usage: limits.sh VMM. Prints what went well; the first thing that does not ends it. 77: no cgroup v2 to be had here.
set -eu
vmm=$1
. "$(dirname "$0")/waiting.sh"
export VMM_HOME=/tmp/limits.$$
trap '"$vmm" list --quiet | xargs -r "$vmm" kill >/dev/null 2>&1 || true; rm -rf "$VMM_HOME"' EXIT
root=/sys/fs/cgroup
none() { echo "no cgroup v2 with a cpu controller for this user"; exit 77; }
grep -q ' - cgroup2 ' /proc/self/mountinfo || mount -t cgroup2 none $root 2>/dev/null || none
grep -qw cpu "$root/cgroup.controllers" 2>/dev/null || none

show() { cat "$group/cpu.stat"; }
limited() { "$vmm" run -d --name "$1" --firmware unrest --cpus 1 --memory 16M --cmdline n=9000000000000000000 --cpu-quota 50% --cpu-shares 512 --memory-max 256M >/dev/null; }
pid() { sed -n 's/.*"pid": \([0-9]*\).*/\1/p' "$VMM_HOME/$1/state.json"; }
group() { echo "$root$(sed -n 's/^0:://p' "/proc/$(pid "$1")/cgroup")"; }
throttled() { [ "$(sed -n 's/^nr_throttled //p' "$group/cpu.stat")" -gt 3 ]; }

limited one
group=$(group one)
[ "$(cat "$group/cpu.max")" = '50000 100000' ]
[ "$(cat "$group/cpu.weight")" = 50 ]
[ "$(cat "$group/memory.max")" = 268435456 ]
"$vmm" info one | grep -q '^limits *cpu-shares 512, cpu-quota 50%, memory-max 256M$'
until_true throttled
echo "ok in a cgroup with its limits, and held to them"
"$vmm" kill one
until_true [ ! -e "$group" ]
echo "ok the cgroup went with it"
limited two
left=$(group two)
dead=$(pid two)
kill -9 "$dead"
until_true [ ! -e "/proc/$dead" ]
limited three
group=$(group three)
until_true [ ! -e "$left" ]
"$vmm" kill three
echo "ok what a killed one left, the next swept"

# Touches all its memory, of which vmm has taken some.
"$vmm" run -d --name four --firmware dirty --cpus 1 --memory 64M --memory-max 64M --cmdline 'mib=62 pages=16000 hz=10 ticks=0' >/dev/null
left=$(group four)
ended() { "$vmm" list | grep -q '^four *killed .* out of memory$'; }
until_true ended
"$vmm" info four | grep -q '^last run *out of memory: vmm and its guest took more than memory-max (64M); the kernel ended them$'
limited five
until_true [ ! -e "$left" ]
"$vmm" list --output json | tr -d ' \n' | grep -q '"name":"five","state":"running"'
"$vmm" kill five
echo "ok one that went beyond its memory is told to have, and takes no other along"
