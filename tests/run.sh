#!/bin/sh
# Runs test projects (all, or those named: `tests/run.sh Guest Vmm`), built before, and says what ran, what was
# skipped and why. The last line is `N passed, N failed, N skipped`.
set -u
cd "$(dirname "$0")/.." || exit 1
reports=out/tests
limit=2400 # seconds for one project: a hang must not go on for ever
rm -rf "$reports" && mkdir -p "$reports"

# The labs, if any are needed, stay up for the whole run and end with it.
export VMM_LAB_OWNER=$$
# The program that the tests run is the one that is shipped.
[ -x out/vmm ] && export VMM_BINARY="$PWD/out/vmm"

if [ $# -eq 0 ]; then
    for project in tests/*/*.Tests.csproj; do
        set -- "$@" "$(basename "$(dirname "$project")")"
    done
fi

# Where this host has no KVM at all, what needs one runs in the lab, which has. There the runtime's start alone takes a
# while, so only those tests do: of tests/Kvm all but those that say they need nothing, of tests/Vmm those that say they do.
kvm=
# A device, first: the redirection would make a file where there is none.
if ! { [ -c /dev/kvm ] && sh -c 'exec 3<>/dev/kvm' 2>/dev/null; }; then
    kvm=lab
    echo "This host has no usable /dev/kvm: tests that need one run in the lab."
fi

# run PROJECT REPORT [COMMAND…]: runs a project's tests by that command, into that report; $filter says which.
run() {
    name=$1 report=$2
    shift 2
    told=$(basename "$report")
    log="$reports/$told.log"
    timeout -k 10 "$limit" "$@" dotnet "tests/$name/bin/Debug/net10.0/$name.Tests.dll" $filter -noColor -noLogo -noAutoReporters \
        -result-xml "$report.xml" >"$log" 2>&1 </dev/null
    code=$?
    # In one piece: another lane may be printing too.
    { echo "== $told"; grep -v -e '^  Discover' -e '^  Starting' -e '^  Finished' "$log"; } >"$log.shown"
    if [ ! -s "$report.xml" ]; then
        echo "tests/$name ended with code $code and without a report; its output is in $log" >>"$log.shown"
        touch "$reports/$told.lost"
    fi
    cat "$log.shown"
}
in_lab() {
    mkdir -p out/lab/work && rm -f "out/lab/work/$1-lab.xml"
    run "$1" "out/lab/work/$1-lab" tests/Lab/lab run -- env VMM_BINARY="${VMM_BINARY:-}"
    [ ! -s "out/lab/work/$1-lab.xml" ] || mv "out/lab/work/$1-lab.xml" "$reports/"
}
named() { case " $projects " in *" $1 "*) ;; *) return 1 ;; esac; }

# Two lanes side by side, for an emulated lab keeps no more than one processor busy: each has a lab of its own.
projects=$*
second_lane() {
    export VMM_LAB_NAME=second
    filter="-trait Lab=second"
    named Linux && run Linux "$reports/Linux-second"
}
first_lane() {
    for project in $projects; do
        filter=
        case $project:$kvm in
            Linux:*) filter="-trait- Lab=second"; run Linux "$reports/Linux" ;;
            Kvm:lab)
                # Guests that move a hundred times, from process to process, or before they have counted to their end, are for a KVM at its own speed.
                echo "tests/Kvm: not in the lab, for its processor is emulated: JourneyTests, ProcessMovesTests, PostCopyGuestTests, ExitsBenchTests"
                filter="-trait Needs=nothing"; run Kvm "$reports/Kvm"
                filter="-trait- Needs=nothing -trait- Lab=too-slow"; in_lab Kvm ;;
            Vmm:lab) filter="-trait- Needs=kvm"; run Vmm "$reports/Vmm"; filter="-trait Needs=kvm"; in_lab Vmm ;;
            *) run "$project" "$reports/$project" ;;
        esac
    done
}
second_lane &
first_lane
wait $!
lost=$(find "$reports" -name '*.lost' | wc -l)
set -- "$reports"/*.xml
[ -e "$1" ] || set -- /dev/null
awk -v lost="$lost" -f tests/summary.awk "$@"
