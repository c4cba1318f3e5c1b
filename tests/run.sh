#!/bin/sh
# Runs test projects (all, or those named: `tests/run.sh Guest Vmm`), built before, and says what ran, what was
# skipped and why. The last line is `N passed, N failed, N skipped`.
set -u
cd "$(dirname "$0")/.." || exit 1
reports=out/tests
limit=1500 # seconds for one project: a hang must not outlive the run
rm -rf "$reports" && mkdir -p "$reports"

# The lab, if one is needed, stays up for the whole run and ends with it.
export VMM_LAB_OWNER=$$
# The program that the tests run is the one that is shipped.
[ -x out/vmm ] && export VMM_BINARY="$PWD/out/vmm"

if [ $# -eq 0 ]; then
    for project in tests/*/*.Tests.csproj; do
        set -- "$@" "$(basename "$(dirname "$project")")"
    done
fi

# Where this host has no KVM at all, what needs one runs in the lab, which has. There the runtime's start alone takes a
# while, so only those tests do: the whole project where nearly all need it, else those that say so.
kvm=
# A device, first: the redirection would make a file where there is none.
if ! { [ -c /dev/kvm ] && sh -c 'exec 3<>/dev/kvm' 2>/dev/null; }; then
    kvm=lab
    echo "This host has no usable /dev/kvm: tests that need one run in the lab."
fi

lost=0
# run NAME REPORT [COMMAND…]: runs a project's tests by that command, into that report.
run() {
    name=$1 report=$2
    shift 2
    echo "== tests/$name${1:+ in the lab}"
    timeout -k 10 "$limit" "$@" dotnet "tests/$name/bin/Debug/net10.0/$name.Tests.dll" $filter -noColor -noLogo -noAutoReporters \
        -result-xml "$report.xml" >"$reports/$(basename "$report").log" 2>&1 </dev/null
    code=$?
    log="$reports/$(basename "$report").log"
    grep -v -e '^  Discover' -e '^  Starting' -e '^  Finished' "$log"
    if [ ! -s "$report.xml" ]; then
        echo "tests/$name ended with code $code and without a report; its output is in $log"
        lost=$((lost + 1))
    fi
}
in_lab() {
    mkdir -p out/lab/work && rm -f "out/lab/work/$1-lab.xml"
    run "$1" "out/lab/work/$1-lab" tests/Lab/lab run -- env VMM_BINARY="${VMM_BINARY:-}"
    [ ! -s "out/lab/work/$1-lab.xml" ] || mv "out/lab/work/$1-lab.xml" "$reports/"
}

for project in "$@"; do
    filter=
    case $project:$kvm in
        Kvm:lab) in_lab Kvm ;;
        Vmm:lab) filter="-trait- Needs=kvm"; run Vmm "$reports/Vmm"; filter="-trait Needs=kvm"; in_lab Vmm ;;
        *) run "$project" "$reports/$project" ;;
    esac
done
set -- "$reports"/*.xml
[ -e "$1" ] || set -- /dev/null
awk -v lost=$lost -f tests/summary.awk "$@"
