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

lost=0
for name in "$@"; do
    program=$(echo "tests/$name/bin/Debug/net10.0/"*.Tests.dll | tr ' ' '\n' | grep "/$name.Tests.dll$")
    echo "== tests/$name"
    timeout -k 10 "$limit" dotnet "$program" -noColor -noLogo -noAutoReporters -result-xml "$reports/$name.xml" \
        >"$reports/$name.log" 2>&1 </dev/null
    code=$?
    grep -v -e '^  Discover' -e '^  Starting' -e '^  Finished' "$reports/$name.log"
    if [ ! -s "$reports/$name.xml" ]; then
        echo "tests/$name ended with code $code and without a report; its output is in $reports/$name.log"
        lost=$((lost + 1))
    fi
done
set -- "$reports"/*.xml
[ -e "$1" ] || set -- /dev/null
awk -v lost=$lost -f tests/summary.awk "$@"
