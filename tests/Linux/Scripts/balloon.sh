#!/bin/sh
# A stock Linux guest whose memory goes back to the host: reported when it is freed, and by a balloon that gives way when
# the guest runs out. Watched from outside: the resident size of vmm's process.
# usage: balloon.sh VMM KERNEL INITRD. Prints what went well; the first thing that does not ends it.
set -eu
vmm=$1 kernel=$2 initrd=$3
. "$(dirname "$0")/waiting.sh"
export VMM_HOME=/tmp/balloon.$$
work=$(mktemp -d /tmp/balloon-work.XXXXXX)
console=
finish() {
    [ -z "$console" ] || kill "$console" 2>/dev/null || true
    "$vmm" kill reported >/dev/null 2>&1 || true
    "$vmm" kill balloon >/dev/null 2>&1 || true
    rm -rf "$VMM_HOME" "$work"
}
trap finish EXIT

show() { echo "resident: $(resident) MiB"; "$vmm" balloon "$vm" || true; }
printed() { "$vmm" logs "$vm" | tr -d '\r' | grep -q "^$1\$"; }
prompts() { "$vmm" logs "$vm" | grep -q 'guest# '; }
pid() { "$vmm" info --output json "$vm" | sed -n 's/^ *"pid": \([0-9]*\),*$/\1/p' | head -1; }
resident() { sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$(pid)/status" | { read -r kib; echo $((kib / 1024)); }; }
no_more_than() { [ "$(resident)" -le "$1" ]; }
bytes() { "$vmm" balloon --output json "$vm" | sed -n "s/^ *\"$1\": \([0-9]*\),*$/\1/p"; }
holds() { [ "$(bytes actual-bytes)" = "$1" ]; }
holds_less_than() { [ "$(bytes actual-bytes)" -lt "$1" ]; }

# A guest with a shell, to which say talks.
boot() {
    vm=$1
    "$vmm" run -d --name "$vm" --kernel "$kernel" --initrd "$initrd" --memory 512M --cmdline "console=ttyS0 quiet" --balloon "$2" >/dev/null
    awaited=$vm
    until_true prompts
    mkfifo "$work/$vm"
    "$vmm" console "$vm" <"$work/$vm" >/dev/null 2>&1 &
    console=$!
    exec 3>"$work/$vm"
    say 'mount -o remount,size=450M /tmp && echo ro""omy'
    until_true printed roomy
}
say() { echo "$1" >&3; }
fill() {
    say "dd if=/dev/zero of=/tmp/fill bs=1M count=$1 2>/dev/null && echo fil\"\"led $1"
    until_true printed "filled $1"
}
empty() {
    say "rm /tmp/fill && echo emp\"\"ty $1"
    until_true printed "empty $1"
}
leave() {
    exec 3>&-
    kill "$console" 2>/dev/null || true
    console=
    "$vmm" kill "$vm"
}

boot reported 0,free-page-reporting=on,stats=1
before=$(resident)
fill 300
full=$(resident)
[ $((full - before)) -ge 270 ] || { echo "300 MiB were written and $((full - before)) MiB more are resident"; exit 1; }
empty 300
until_true no_more_than $((full - 250))
echo "ok reported: $before MiB resident after boot, $full with 300 MiB in a file, $(resident) without it"
"$vmm" balloon "$vm"
"$vmm" stats --output prometheus "$vm" | grep -e '^vmm_balloon_reported' -e '^vmm_guest_memory_free'
[ "$(bytes reported-bytes)" -ge $((250 << 20)) ]
leave

boot balloon 0,deflate-on-oom=on
fill 300
full=$(resident)
empty 300
"$vmm" balloon "$vm" 350M
until_true holds $((350 << 20))
until_true no_more_than $((full - 250))
echo "ok inflated: $full MiB resident before, $(resident) with 350 MiB in the balloon"
"$vmm" balloon "$vm"
[ "$(bytes released-bytes)" -ge $((340 << 20)) ]

# More than is left: the balloon gives way, and nobody is killed.
fill 250
until_true holds_less_than $((350 << 20))
say 'dmesg | grep -c "Out of memory" | sed "s/^/kil""led /"'
until_true printed "killed 0"
echo "ok deflated for want of memory: $(($(bytes actual-bytes) >> 20)) MiB of 350 are left in the balloon, and nobody was killed"
"$vmm" balloon "$vm" 0
until_true holds 0
leave
echo "ok given back, taken again"
