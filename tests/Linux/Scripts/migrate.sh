#!/bin/sh
# A stock guest moves from one network namespace to another and back, by pre-copy, while it works (moving.sh says at what). Before
# that, a migration that is cancelled and one whose receiver dies leave it where it is.
# usage: migrate.sh VMM KERNEL INITRD TOOLS_DISK STREAMS. Prints what went well; the first thing that does not ends it.
set -eu
vmm=$1 kernel=$2 initrd=$3 tools=$4 streams=$5
. "$(dirname "$0")/waiting.sh"
. "$(dirname "$0")/moving.sh"

receivers() { for one in $(ip netns pids $net-b); do ! grep -q receive-in-background /proc/$one/cmdline || echo $one; done; }
no_receiver() { [ -z "$(receivers)" ]; }
# begin WHERE: migrates slowly, and returns when it is under way.
begin() {
    at a migrate linux "$1" --bandwidth 4M/s >$work/move 2>&1 &
    move=$!
    until_true grep -q '^rounds, round 0: [1-9]' $work/move
}
# stayed TEXT: the migration that was under way failed with these words, and the guest goes on where it was.
stayed() {
    ! wait $move || fail "it was migrated" $work/move
    move=
    grep -q "$1" $work/move || fail "'$1' was not said" $work/move
    [ "$(state a)" = running ]
    until_true no_receiver
    works a
}

start
echo "ok a stock guest works, and is talked to"

there=$(address b 4001)
receive b "$there"
begin "$there"
at a migrate linux --cancel
stayed 'was cancelled; the guest stays here'
[ -z "$(state b)" ] || fail "something is left at the destination: $(state b)"
echo "ok cancelled half-way: the guest stays"

there=$(address b 4002)
receive b "$there"
begin "$there"
kill -9 $(receivers)
stayed 'the guest stays here'
[ -z "$(state b)" ] || fail "something is left at the destination: $(state b)"
echo "ok the receiver dies half-way: the guest stays"

moves a b "$(address b 4003)" --downtime 1000 --auto-converge
echo "ok moved to the other namespace: it works on, talked to, its clock right; the disk is locked there only"
moves b a "$(address a 4004)" --downtime 1000 --auto-converge --connections 2 --compress zstd
echo "ok and back"

ends a
