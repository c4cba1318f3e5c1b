# bash completion for vmm
_vmm()
{
    local cur prev words cword
    _init_completion -n = || return

    local run_options='--kernel --initrd --cmdline --module --boot-protocol --firmware --cpus --cpu --memory --disk
        --console --virtio-console --transport --rng --name --reboot --stats --dry-run --api-socket --event-monitor --help'

    if ((cword == 1)); then
        COMPREPLY=($(compgen -W 'run check firmware version --help --version --api-socket --event-monitor' -- "$cur"))
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
    run)
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
        --reboot) COMPREPLY=($(compgen -W 'reset exit' -- "$cur")) ;;
        --event-monitor) compopt -o nospace; COMPREPLY=($(compgen -W 'path= fd=' -- "$cur")) ;;
        --cmdline | --cpus | --cpu | --memory | --name) ;;
        *)
            if [[ $cur == -* ]]; then
                COMPREPLY=($(compgen -W "$run_options" -- "$cur"))
            else
                _filedir json
            fi
            ;;
        esac
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
