# bash completion for vmm

# Completes the options of a verb, and the names of VMs; none where they cannot be told.
# $1: how many names the verb takes, $2: its options
_vmm_machines()
{
    local i given=0
    if [[ $cur == -* ]]; then
        COMPREPLY=($(compgen -W "$2 --help" -- "$cur"))
        return
    fi
    for ((i = 2; i < cword; i++)); do
        [[ ${words[i]} == -* || ${words[i - 1]} == @(--output|--tail|--timeout) ]] || given=$((given + 1))
    done
    ((given < $1)) && COMPREPLY=($(compgen -W "$(vmm list --quiet 2>/dev/null)" -- "$cur"))
}

_vmm()
{
    local cur prev words cword
    _init_completion -n = || return

    local machine_options='--kernel --initrd --cmdline --module --boot-protocol --firmware --cpus --cpu --cpu-shares --cpu-quota --memory-max --memory --disk
        --net --console --virtio-console --port --agent --transport --rng --vsock --balloon --gdb --name --log --log-level --reboot --on-crash --help'
    local many=1000

    if ((cword == 1)); then
        COMPREPLY=($(compgen -W 'run create start list info console pause resume reboot nmi snapshot restore snapshots inspect coredump migrate receive limit link stop agent kill rename rm
            balloon logs events wait stats top trace bench check firmware version --help --version --api-socket --event-monitor' -- "$cur"))
        return
    fi
    case ${words[1]} in
    --api-socket | --event-monitor)
        case $prev in
        --api-socket) _filedir ;;
        --event-monitor) compopt -o nospace; COMPREPLY=($(compgen -W 'path= fd=' -- "$cur")) ;;
        *) COMPREPLY=($(compgen -W '--api-socket --event-monitor' -- "$cur")) ;;
        esac
        ;;
    run | create)
        case $prev in
        --kernel | --initrd | --module | --api-socket | --trace) _filedir ;;
        --disk) compopt -o nospace; _filedir ;;
        --net) compopt -o nospace; COMPREPLY=($(compgen -W 'passt tap= fd=' -- "$cur")) ;;
        --boot-protocol) COMPREPLY=($(compgen -W 'auto bzimage elf pvh multiboot flat' -- "$cur")) ;;
        --firmware) COMPREPLY=($(compgen -W "$(vmm firmware list 2>/dev/null | cut -d' ' -f1)" -- "$cur")) ;;
        --console | --virtio-console)
            compopt -o nospace
            COMPREPLY=($(compgen -W 'tty off file=' -- "$cur"))
            ;;
        --port) compopt -o nospace; COMPREPLY=($(compgen -W 'name=' -- "$cur")) ;;
        --transport) COMPREPLY=($(compgen -W 'pci mmio' -- "$cur")) ;;
        --rng) COMPREPLY=($(compgen -W 'on off' -- "$cur")) ;;
        --gdb) compopt -o nospace; COMPREPLY=($(compgen -W 'tcp: unix:' -- "$cur")) ;;
        --vsock) compopt -o nospace; COMPREPLY=($(compgen -W 'cid=' -- "$cur")) ;;
        --log)
            compopt -o nospace
            COMPREPLY=($(compgen -W 'stderr file= journal off' -- "$cur"))
            ;;
        --log-level) COMPREPLY=($(compgen -W 'error warning info debug trace' -- "$cur")) ;;
        --on-crash) COMPREPLY=($(compgen -W 'end preserve' -- "$cur")) ;;
        --reboot) COMPREPLY=($(compgen -W 'reset exit' -- "$cur")) ;;
        --event-monitor) compopt -o nospace; COMPREPLY=($(compgen -W 'path= fd=' -- "$cur")) ;;
        --cmdline | --cpus | --cpu | --cpu-shares | --cpu-quota | --memory-max | --memory | --balloon | --name) ;;
        *)
            if [[ $cur == -* && ${words[1]} == create ]]; then
                COMPREPLY=($(compgen -W "$machine_options --api-socket --event-monitor --force" -- "$cur"))
            elif [[ $cur == -* ]]; then
                COMPREPLY=($(compgen -W "$machine_options --api-socket --event-monitor --stats --dry-run --detach -d --rm --paused --trace" -- "$cur"))
            else
                _filedir json
            fi
            ;;
        esac
        ;;
    list | info | events | stats | balloon)
        case $prev in
        --output)
            local forms='table json'
            [[ ${words[1]} == stats ]] && forms+=' prometheus'
            COMPREPLY=($(compgen -W "$forms" -- "$cur"))
            ;;
        *)
            case ${words[1]} in
            list) _vmm_machines 0 '--output --quiet' ;;
            events) _vmm_machines $many '--follow --output' ;;
            *) _vmm_machines 1 '--output' ;;
            esac
            ;;
        esac
        ;;
    start | pause | reboot | nmi | kill) _vmm_machines $many '' ;;
    resume) _vmm_machines $many '--force' ;;
    rm) _vmm_machines $many '--force' ;;
    snapshot)
        case $prev in
        --parent) _filedir -d ;;
        --output) COMPREPLY=($(compgen -W 'table json' -- "$cur")) ;;
        *)
            if ((cword == 2)) || [[ $cur == -* ]]; then
                _vmm_machines 1 '--parent --track --live --freeze --replace --output'
            else
                _filedir -d
            fi
            ;;
        esac
        ;;
    inspect)
        case $prev in
        --output) COMPREPLY=($(compgen -W 'table json' -- "$cur")) ;;
        --vcpu | --count | --check) ;;
        *)
            if [[ $cur == -* ]]; then
                COMPREPLY=($(compgen -W '--vcpu --count --physical --check --output --help' -- "$cur"))
            elif ((cword == 2)); then
                _vmm_machines 1
                _filedir -d
            elif ((cword == 3)); then
                COMPREPLY=($(compgen -W 'registers code memory walk slots bus pci queues irq cpuid msrs acpi' -- "$cur"))
            fi
            ;;
        esac
        ;;
    coredump)
        case $prev in
        --output) COMPREPLY=($(compgen -W 'table json' -- "$cur")) ;;
        *)
            if [[ $cur == -* ]]; then
                COMPREPLY=($(compgen -W '--force --output --help' -- "$cur"))
            elif ((cword == 2)); then
                _vmm_machines 1
                _filedir -d
            else
                _filedir
            fi
            ;;
        esac
        ;;
    migrate)
        case $prev in
        --compress) COMPREPLY=($(compgen -W 'none zstd' -- "$cur")) ;;
        --on-timeout) COMPREPLY=($(compgen -W 'cancel continue postcopy' -- "$cur")) ;;
        --mode) COMPREPLY=($(compgen -W 'precopy postcopy hybrid local' -- "$cur")) ;;
        --output) COMPREPLY=($(compgen -W 'table json' -- "$cur")) ;;
        --tls) _filedir -d ;;
        --downtime | --connections | --bandwidth | --timeout | --tls-name) ;;
        *)
            if ((cword == 2)) || [[ $cur == -* ]]; then
                _vmm_machines 1 '--mode --downtime --connections --compress --bandwidth --auto-converge --timeout --on-timeout --tls --tls-name --cancel --recover --output'
            else
                compopt -o nospace; COMPREPLY=($(compgen -W 'tcp: unix:' -- "$cur"))
            fi
            ;;
        esac
        ;;
    receive)
        if [[ $cur == -* ]]; then
            COMPREPLY=($(compgen -W '--detach -d --rm --tls --name --disk --net --vsock --port --console --virtio-console
                --log --log-level --reboot --on-crash --cpu-shares --cpu-quota --memory-max --api-socket --event-monitor --help' -- "$cur"))
        elif ((cword == 2)); then
            compopt -o nospace; COMPREPLY=($(compgen -W 'tcp: unix:' -- "$cur"))
        fi
        ;;
    restore)
        case $prev in
        --memory) COMPREPLY=($(compgen -W 'lazy eager demand' -- "$cur")) ;;
        *)
            if [[ $cur == -* ]]; then
                COMPREPLY=($(compgen -W '--detach -d --rm --paused --trust-disks --track --memory --gdb --name --disk --net --vsock --port --console --virtio-console
                    --log --log-level --reboot --on-crash --cpu-shares --cpu-quota --memory-max --api-socket --event-monitor --help' -- "$cur"))
            else
                _filedir -d
            fi
            ;;
        esac
        ;;
    snapshots)
        if ((cword == 2)); then
            COMPREPLY=($(compgen -W 'list show verify merge diff --help' -- "$cur"))
        elif [[ $prev == --output ]]; then
            COMPREPLY=($(compgen -W 'table json' -- "$cur"))
        elif [[ $cur == -* ]]; then
            COMPREPLY=($(compgen -W '--output --replace --help' -- "$cur"))
        else
            _filedir -d
        fi
        ;;
    trace)
        case $prev in
        --save | --symbols) _filedir ;;
        --reason) COMPREPLY=($(compgen -W 'io mmio x86_rdmsr x86_wrmsr hlt shutdown' -- "$cur")) ;;
        --output) COMPREPLY=($(compgen -W 'text table json' -- "$cur")) ;;
        --device | --port | --address | --vcpu | --count | --seconds | --from) ;;
        *)
            if [[ $cur == -* ]]; then
                COMPREPLY=($(compgen -W '--reason --device --port --address --vcpu --count --seconds --resume --save --step --from --symbols --output --help' -- "$cur"))
            elif ((cword == 2)); then
                COMPREPLY=($(compgen -W "show stats $(vmm list --quiet 2>/dev/null)" -- "$cur"))
            else
                _filedir
            fi
            ;;
        esac
        ;;
    link)
        if ((cword == 2)) || [[ $cur == -* ]]; then
            _vmm_machines 1 ''
        else
            COMPREPLY=($(compgen -W 'up down' -- "$cur"))
        fi
        ;;
    stop) [[ $prev == --timeout ]] || _vmm_machines $many '--timeout --force --agent' ;;
    agent)
        if ((cword == 2)); then
            _vmm_machines 1
        elif ((cword == 3)); then
            COMPREPLY=($(compgen -W 'ping info get-osinfo interfaces exec freeze thaw freeze-status shutdown set-time raw' -- "$cur"))
        elif [[ $cur == -* ]]; then
            case ${words[3]} in
            exec) COMPREPLY=($(compgen -W '--within --timeout --help' -- "$cur")) ;;
            shutdown) COMPREPLY=($(compgen -W '--reboot --halt --timeout --help' -- "$cur")) ;;
            info | get-osinfo | interfaces) COMPREPLY=($(compgen -W '--output --timeout --help' -- "$cur")) ;;
            *) COMPREPLY=($(compgen -W '--timeout --help' -- "$cur")) ;;
            esac
        elif [[ $prev == --output ]]; then
            COMPREPLY=($(compgen -W 'table json' -- "$cur"))
        fi
        ;;
    logs) [[ $prev == --tail ]] || _vmm_machines 1 '--vmm --follow --tail' ;;
    console | rename | wait) _vmm_machines 1 ;;
    limit)
        if ((cword > 3)); then
            compopt -o nospace
            COMPREPLY=($(compgen -W 'bandwidth= bandwidth-burst= ops= ops-burst= off' -- "$cur"))
        else
            _vmm_machines 1
        fi
        ;;
    top) [[ $prev == --@(interval|count) ]] || _vmm_machines $many '--interval --count' ;;
    bench)
        if ((cword == 2)); then
            COMPREPLY=($(compgen -W 'pause exits compare --help' -- "$cur"))
        elif [[ $prev == --output ]]; then
            if [[ ${words[2]} == exits ]]; then
                COMPREPLY=($(compgen -W 'table json markdown csv html' -- "$cur"))
            else
                COMPREPLY=($(compgen -W 'table json' -- "$cur"))
            fi
        elif [[ $prev == --rounds ]]; then
            COMPREPLY=($(compgen -W 'small' -- "$cur"))
        elif [[ ${words[2]} == compare && $cur != -* ]]; then
            _filedir json
        elif [[ $prev != --rows ]]; then
            _vmm_machines 0 '--rounds --rows --output'
        fi
        ;;
    check)
        case $prev in
        --output) COMPREPLY=($(compgen -W 'text json' -- "$cur")) ;;
        *) COMPREPLY=($(compgen -W '--output --help' -- "$cur")) ;;
        esac
        ;;
    firmware)
        if ((cword == 2)); then
            COMPREPLY=($(compgen -W 'list show write --help' -- "$cur"))
        elif [[ ${words[2]} == show && $cur == -* ]]; then
            COMPREPLY=($(compgen -W '--syntax --help' -- "$cur"))
        elif ((cword == 3)) && [[ ${words[2]} != list ]]; then
            COMPREPLY=($(compgen -W "$(vmm firmware list 2>/dev/null | cut -d' ' -f1)" -- "$cur"))
        elif [[ ${words[2]} == write ]]; then
            _filedir
        elif [[ $prev == --syntax ]]; then
            COMPREPLY=($(compgen -W 'nasm intel gas' -- "$cur"))
        fi
        ;;
    esac
} && complete -F _vmm vmm
