# Waiting, for the scripts beside this one: . "$(dirname "$0")/waiting.sh". Needs $vmm, and VMM_HOME where VMs are named.

# Of these VMs (names in VMM_HOME, or their folders) and processes (their numbers) none may end while something is waited for.
awaited=
# How long anything may take, in seconds by the clock: emulated, and with others beside it, all is slow.
patience=600
# For a stock guest's command line: what its kernel calls a stall or a lock-up is, there, often only that it got no processor.
unhurried="rcupdate.rcu_cpu_stall_timeout=300 watchdog_thresh=60"

# until_true COMMAND…: waits until it is true. When the time is over, or one of those awaited has ended, shows what they said, and ends.
until_true() {
    deadline=$(($(date +%s) + patience))
    until "$@"; do
        for one in $awaited; do
            # It may have come true as its last deed.
            runs "$one" || { "$@" && return; never_true "$one has ended" "$@"; }
        done
        [ "$(date +%s)" -lt $deadline ] || never_true "not within $patience s" "$@"
        sleep 0.2
    done
}

never_true() {
    echo "never true: $(shift; echo "$*") ($1)"
    for one in $awaited; do logs_of "$one"; done
    show
    exit 1
}

# What else a script shows when something never comes true.
show() { :; }

folder_of() { case $1 in */*) echo "$1" ;; *) echo "$VMM_HOME/$1" ;; esac; }

# Whether a VM's process, or a process, is there and no zombie.
runs() {
    case $1 in
    *[!0-9]*) number=$(sed -n 's/.*"pid": \([0-9]*\).*/\1/p' "$(folder_of "$1")/state.json" 2>/dev/null) ;;
    *) number=$1 ;;
    esac
    [ -n "$number" ] && grep -q '^State:.[^ZX]' "/proc/$number/status" 2>/dev/null
}

logs_of() {
    case $1 in *[!0-9]*) ;; *) return ;; esac
    (
        export VMM_HOME="$(dirname "$(folder_of "$1")")"
        echo "== $1 printed"
        "$vmm" logs --tail 40 "$(basename "$1")" || true
        echo "== and vmm said of it"
        "$vmm" logs --vmm "$(basename "$1")" | tail -n 15 || true
    )
}
