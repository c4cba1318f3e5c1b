# fish completion for vmm

function __vmm_no_verb
    test (count (commandline -opc)) -eq 1
end

# The verb is the first word: some are the names of options' values or of VMs, too.
function __vmm_verb
    set -l words (commandline -opc)
    test (count $words) -ge 2; and contains -- $words[2] $argv
end

# The verb takes one name, and has none yet.
function __vmm_verb_alone
    set -l words (commandline -opc)
    __vmm_verb $argv; or return
    for i in (seq 3 (count $words))
        contains -- $words[(math $i - 1)] --output --tail; or string match -q -- '-*' $words[$i]; or return
    end
end

complete -c vmm -f
complete -c vmm -n __vmm_no_verb -a run -d 'Run a machine'
complete -c vmm -n __vmm_no_verb -a create -d 'Describe a VM without starting it'
complete -c vmm -n __vmm_no_verb -a start -d 'Start a VM in the background'
complete -c vmm -n __vmm_no_verb -a list -d 'Show the VMs there are'
complete -c vmm -n __vmm_no_verb -a info -d 'Show all that is known of a VM'
complete -c vmm -n __vmm_no_verb -a console -d 'Attach to a VM\'s console'
complete -c vmm -n __vmm_no_verb -a pause -d 'Hold every vCPU of a VM'
complete -c vmm -n __vmm_no_verb -a resume -d 'Let a paused VM go on'
complete -c vmm -n __vmm_no_verb -a reboot -d 'Start a VM\'s guest again'
complete -c vmm -n __vmm_no_verb -a nmi -d 'Send a non-maskable interrupt'
complete -c vmm -n __vmm_no_verb -a stop -d 'Press a VM\'s power button and wait until it is off'
complete -c vmm -n __vmm_no_verb -a kill -d 'End a VM\'s guest at once'
complete -c vmm -n __vmm_no_verb -a rename -d 'Give a VM another name'
complete -c vmm -n __vmm_no_verb -a rm -d 'Forget a VM'
complete -c vmm -n __vmm_no_verb -a logs -d 'Show what a VM\'s guest printed'
complete -c vmm -n __vmm_no_verb -a events -d 'Show what happened in the lives of VMs'
complete -c vmm -n __vmm_no_verb -a wait -d 'Wait until a VM\'s run is over'
complete -c vmm -n __vmm_no_verb -a stats -d 'Show what a VM\'s process counts'
complete -c vmm -n __vmm_no_verb -a top -d 'Show what VMs and their vCPUs do, live'
complete -c vmm -n __vmm_no_verb -a bench -d 'Measure this host\'s KVM'
complete -c vmm -n __vmm_no_verb -a check -d 'Say whether this host can run guests'
complete -c vmm -n __vmm_no_verb -a firmware -d 'The built-in tiny guests'
complete -c vmm -n __vmm_no_verb -a version -d 'Show the version'
complete -c vmm -n __vmm_no_verb -l api-socket -r -F -d 'An empty VMM with its REST API: PATH, fd=N'
complete -c vmm -n __vmm_no_verb -l event-monitor -x -a 'path=' -d 'Write what happens as JSON: path=FILE, fd=N'

set -l describe '__vmm_verb run create'
set -l run '__vmm_verb run'
complete -c vmm -n $describe -F
complete -c vmm -n $describe -l kernel -r -F -d 'Kernel image'
complete -c vmm -n $describe -l initrd -r -F -d 'Initial RAM disk'
complete -c vmm -n $describe -l cmdline -x -d 'Kernel command line'
complete -c vmm -n $describe -l module -r -F -d 'Module for the kernel: FILE[=ARGS]'
complete -c vmm -n $describe -l boot-protocol -x -a 'auto bzimage elf pvh multiboot flat' -d 'How the kernel is entered'
complete -c vmm -n $describe -l firmware -x -a '(vmm firmware list 2>/dev/null | string replace -r "  +" "\t")' -d 'A built-in tiny guest'
complete -c vmm -n $describe -l cpus -x -d 'N[,sockets=,cores=,threads=][,affinity=LIST]'
complete -c vmm -n $describe -l cpu-shares -x -d 'N, weight where processors are short'
complete -c vmm -n $describe -l cpu-quota -x -d 'PERCENT|USEC/PERIOD'
complete -c vmm -n $describe -l memory-max -x -d 'SIZE'
complete -c vmm -n $describe -l cpu -x -d 'host[,-FEATURE][,+FEATURE]'
complete -c vmm -n $describe -l memory -x -d 'SIZE[,hugepages=on][,shared=on][,prefault=on]'
complete -c vmm -n $describe -l disk -r -F -d '[path=]FILE[,readonly=on][,direct=on][,id=]'
complete -c vmm -n $describe -l console -x -a 'tty off file=' -d 'Where the serial line leads'
complete -c vmm -n $describe -l virtio-console -x -a 'tty off file=' -d 'Where the virtio console leads'
complete -c vmm -n $describe -l transport -x -a 'pci mmio' -d 'How virtio devices are attached'
complete -c vmm -n $describe -l rng -x -a 'on off' -d 'A virtio entropy device'
complete -c vmm -n $describe -l name -x -d 'The name in messages'
complete -c vmm -n $describe -l log -x -a 'stderr file= journal off' -d "Where vmm's own log goes"
complete -c vmm -n $describe -l log-level -x -a 'error warning info debug trace' -d "The log's level"
complete -c vmm -n $describe -l reboot -x -a 'reset exit' -d 'What a reset by the guest does'
complete -c vmm -n $run -l api-socket -r -F -d 'Serve the REST API on a Unix socket: PATH, fd=N'
complete -c vmm -n $run -l event-monitor -x -a 'path=' -d 'Write what happens as JSON: path=FILE, fd=N'
complete -c vmm -n $run -l stats -d 'Count exits and show them at the end'
complete -c vmm -n $run -l dry-run -d 'Print the machine and stop'

complete -c vmm -n $run -s d -l detach -d 'Run it in the background'
complete -c vmm -n $run -l rm -d 'With -d: forget it when it ends'
complete -c vmm -n '__vmm_verb create' -l force -d 'Create it even if something that it needs is not there yet'

complete -c vmm -n '__vmm_verb start pause resume reboot nmi stop kill rm events' -a '(vmm list --quiet 2>/dev/null)' -d VM
complete -c vmm -n '__vmm_verb_alone info console rename logs wait stats' -a '(vmm list --quiet 2>/dev/null)' -d VM
complete -c vmm -n '__vmm_verb top' -a '(vmm list --quiet 2>/dev/null)' -d VM
complete -c vmm -n '__vmm_verb top' -l interval -x -d 'Seconds between two looks'
complete -c vmm -n '__vmm_verb top' -l count -x -d 'How many looks'
complete -c vmm -n '__vmm_verb bench' -a pause -d 'How long a pause takes'
complete -c vmm -n '__vmm_verb bench' -l rounds -x -d 'How many'
complete -c vmm -n '__vmm_verb list info events bench' -l output -x -a 'table json' -d 'How it is written'
complete -c vmm -n '__vmm_verb stats' -l output -x -a 'table json prometheus' -d 'How it is written'
complete -c vmm -n '__vmm_verb list' -l quiet -d 'Only the names'
complete -c vmm -n '__vmm_verb stop' -l timeout -x -d 'Seconds that the guest may take'
complete -c vmm -n '__vmm_verb stop' -l force -d 'End it at once if it is not off by then'
complete -c vmm -n '__vmm_verb rm' -l force -d 'End it first if it runs'
complete -c vmm -n '__vmm_verb logs' -l vmm -d 'What vmm itself said'
complete -c vmm -n '__vmm_verb logs events' -l follow -d 'Go on as more comes'
complete -c vmm -n '__vmm_verb logs' -l tail -x -d 'Only the last lines'

complete -c vmm -n '__vmm_verb check' -l output -x -a 'text json' -d 'How the answer is written'

set -l firmware '__vmm_verb firmware'
complete -c vmm -n "$firmware; and not __fish_seen_subcommand_from list show write" -a 'list show write'
complete -c vmm -n "$firmware; and __fish_seen_subcommand_from show write" -a '(vmm firmware list 2>/dev/null | string replace -r "  +" "\t")'
complete -c vmm -n "$firmware; and __fish_seen_subcommand_from show" -l syntax -x -a 'nasm intel gas' -d 'The assembler language'
