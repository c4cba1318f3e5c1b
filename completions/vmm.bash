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
        --console --virtio-console --transport --rng --name --log --log-level --reboot --help'
    local many=1000

    if ((cword == 1)); then
        COMPREPLY=($(compgen -W 'run create start list info console pause resume reboot nmi stop kill rename rm logs events
            wait stats top bench check firmware version --help --version --api-socket --event-monitor' -- "$cur"))
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
        --kernel | --initrd | --module | --api-socket) _filedir ;;
        --disk) compopt -o nospace; _filedir ;;
        --boot-protocol) COMPREPLY=($(compgen -W 'auto bzimage elf pvh multiboot flat' -- "$cur")) ;;
        --firmware) COMPREPLY=($(compgen -W "$(vmm firmware list 2>/dev/null | cut -d' ' -f1)" -- "$cur")) ;;
        --console | --virtio-console)
            compopt -o nospace
            COMPREPLY=($(compgen -W 'tty off file=' -- "$cur"))
            ;;
        --transport) COMPREPLY=($(compgen -W 'pci mmio' -- "$cur")) ;;
        --rng) COMPREPLY=($(compgen -W 'on off' -- "$cur")) ;;
        --log)
            compopt -o nospace
            COMPREPLY=($(compgen -W 'stderr file= journal off' -- "$cur"))
            ;;
        --log-level) COMPREPLY=($(compgen -W 'error warning info debug trace' -- "$cur")) ;;
        --reboot) COMPREPLY=($(compgen -W 'reset exit' -- "$cur")) ;;
        --event-monitor) compopt -o nospace; COMPREPLY=($(compgen -W 'path= fd=' -- "$cur")) ;;
        --cmdline | --cpus | --cpu | --cpu-shares | --cpu-quota | --memory-max | --memory | --name) ;;
        *)
            if [[ $cur == -* && ${words[1]} == create ]]; then
                COMPREPLY=($(compgen -W "$machine_options --force" -- "$cur"))
            elif [[ $cur == -* ]]; then
                COMPREPLY=($(compgen -W "$machine_options --api-socket --event-monitor --stats --dry-run --detach -d --rm" -- "$cur"))
            else
                _filedir json
            fi
            ;;
        esac
        ;;
    list | info | events | stats)
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
    start | pause | resume | reboot | nmi | kill) _vmm_machines $many ;;
    rm) _vmm_machines $many '--force' ;;
    stop) [[ $prev == --timeout ]] || _vmm_machines $many '--timeout --force' ;;
    logs) [[ $prev == --tail ]] || _vmm_machines 1 '--vmm --follow --tail' ;;
    console | rename | wait) _vmm_machines 1 ;;
    top) [[ $prev == --@(interval|count) ]] || _vmm_machines $many '--interval --count' ;;
    bench)
        if ((cword == 2)); then
            COMPREPLY=($(compgen -W 'pause --help' -- "$cur"))
        elif [[ $prev == --output ]]; then
            COMPREPLY=($(compgen -W 'table json' -- "$cur"))
        elif [[ $prev != --rounds ]]; then
            _vmm_machines 0 '--rounds --output'
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
        elif ((cword == 3)) && [[ ${words[2]} != list ]]; then
            COMPREPLY=($(compgen -W "$(vmm firmware list 2>/dev/null | cut -d' ' -f1)" -- "$cur"))
        elif [[ ${words[2]} == write ]]; then
            _filedir
        elif [[ $prev == --syntax ]]; then
            COMPREPLY=($(compgen -W 'nasm intel gas' -- "$cur"))
        elif [[ ${words[2]} == show ]]; then
            COMPREPLY=($(compgen -W '--syntax --help' -- "$cur"))
        fi
        ;;
    esac
} && complete -F _vmm vmm
