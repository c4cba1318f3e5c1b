#!/bin/sh
# A tiny guest on the host's huge pages goes on elsewhere before its memory is there, by post-copy and by hybrid.
# usage: migrate-huge.sh VMM. Prints what went well; the first thing that does not ends it.
set -eu
vmm=$1
export VMM_HOME=/tmp/huge.$$
pages=/proc/sys/vm/nr_hugepages
before=$(cat $pages)
trap '"$vmm" list --quiet | xargs -r "$vmm" kill >/dev/null 2>&1 || true; echo $before >$pages; rm -rf "$VMM_HOME" "$VMM_HOME.socket"' EXIT

# RAM of 24 MiB for each side.
echo 26 >$pages
[ "$(cat $pages)" -ge 26 ] || { echo "26 huge pages cannot be had here"; exit 77; }
for way in "postcopy on" "hybrid off"; do
    set -- $way
    "$vmm" receive "unix:$VMM_HOME.socket" --name there -d >/dev/null
    "$vmm" run -d --name here --firmware vigil --cpus 2 --memory "24M,hugepages=on,shared=$2" --cmdline 'ticks=300 pages=2048 rate=256 hz=20' >/dev/null
    "$vmm" migrate here "unix:$VMM_HOME.socket" --mode "$1" --downtime 1 | grep -q 'and the rest after it had started there'
    "$vmm" wait there
    "$vmm" logs there | grep -q 'every tick counted, every page as it should be'
    "$vmm" rm here
    "$vmm" rm there
    echo "ok $1, shared=$2: every tick counted, every page as it should be"
done
[ -z "$("$vmm" list --quiet)" ]
echo "ok nothing is left behind"
