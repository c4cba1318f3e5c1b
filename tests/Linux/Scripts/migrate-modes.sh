#!/bin/sh
# A stock guest that works (moving.sh says at what) moves before its memory does: by post-copy to another network namespace, and back by
# hybrid. Then its memory is handed over to a process of this host, in the other namespace.
# usage: migrate-modes.sh VMM KERNEL INITRD TOOLS_DISK STREAMS. Prints what went well; the first thing that does not ends it.
set -eu
vmm=$1 kernel=$2 initrd=$3 tools=$4 streams=$5
. "$(dirname "$0")/waiting.sh"
. "$(dirname "$0")/moving.sh"

# told TEXT: the result of the last move says so.
told() { grep -q "$1" $work/move || fail "'$1' was not said of the move" $work/move; }

# Only what is shared can be handed over.
start ,shared=on
echo "ok a stock guest works, and is talked to"

moves a b "$(address b 4001)" --mode postcopy
told ': 0 rounds, and the rest after it had started there'
told '^waited for *[1-9]'
echo "ok by post-copy: it works on, talked to, its clock right; the disk is locked there only"

# No rest can be sent so soon: it is not pre-copy in the end.
moves b a "$(address a 4002)" --mode hybrid --downtime 1
told ': [1-9][0-9]* rounds, and the rest after it had started there'
echo "ok back by hybrid"

moves a b unix:$work/local.sock --mode local
told '^sent *[0-9]\.[0-9] MB: 0 pages'
[ ! -e $work/local.sock ] || fail "its socket is left"
echo "ok to another process by handing its memory over"

ends b
