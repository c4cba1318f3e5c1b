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
complete -c vmm -n __vmm_no_verb -a snapshot -d 'Freeze a VM to disk and let it go on'
complete -c vmm -n __vmm_no_verb -a restore -d 'Let a VM go on where a snapshot was taken'
complete -c vmm -n __vmm_no_verb -a inspect -d 'Look at what a VM or a snapshot holds'
complete -c vmm -n __vmm_no_verb -a coredump -d 'Write a VM\'s or a snapshot\'s memory and registers as an ELF core file'
complete -c vmm -n __vmm_no_verb -a migrate -d 'Move a running VM to another process or host'
complete -c vmm -n __vmm_no_verb -a receive -d 'Wait for a VM that is migrated here, and let it go on'
complete -c vmm -n __vmm_no_verb -a snapshots -d 'Look at snapshots, check them, merge them'
complete -c vmm -n __vmm_no_verb -a limit -d 'Limit what a device of a running VM may do in a time'
complete -c vmm -n __vmm_no_verb -a link -d 'Put a network device\'s cable in, or pull it'
complete -c vmm -n __vmm_no_verb -a stop -d 'Press a VM\'s power button and wait until it is off'
complete -c vmm -n __vmm_no_verb -a agent -d 'Ask the guest agent to do something'
complete -c vmm -n __vmm_no_verb -a kill -d 'End a VM\'s guest at once'
complete -c vmm -n __vmm_no_verb -a rename -d 'Give a VM another name'
complete -c vmm -n __vmm_no_verb -a rm -d 'Forget a VM'
complete -c vmm -n __vmm_no_verb -a balloon -d 'Show or set how much memory a VM\'s guest gives back'
complete -c vmm -n __vmm_no_verb -a logs -d 'Show what a VM\'s guest printed'
complete -c vmm -n __vmm_no_verb -a events -d 'Show what happened in the lives of VMs'
complete -c vmm -n __vmm_no_verb -a wait -d 'Wait until a VM\'s run is over'
complete -c vmm -n __vmm_no_verb -a stats -d 'Show what a VM\'s process counts'
complete -c vmm -n __vmm_no_verb -a top -d 'Show what VMs and their vCPUs do, live'
complete -c vmm -n __vmm_no_verb -a trace -d 'Show or save every exit of a VM'
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
complete -c vmm -n $describe -l disk -r -F -d '[path=]FILE[,readonly=on][,direct=on][,id=][,bandwidth=][,ops=][,queues=][,queue-size=][,aio=]'
complete -c vmm -n $describe -l net -x -a 'passt tap= fd=' -d '{passt|tap=NAME|fd=N}[,forward=HOST:GUEST][,mac=][,mtu=][,queues=][,vhost=][,id=][,link=]'
complete -c vmm -n $describe -l console -x -a 'tty off file=' -d 'Where the serial line leads'
complete -c vmm -n $describe -l virtio-console -x -a 'tty off file=' -d 'Where the virtio console leads'
complete -c vmm -n $describe -l port -x -a 'name=' -d '[name=]NAME[,socket=PATH], a named port as a Unix socket'
complete -c vmm -n $describe -l agent -d 'A port for the guest agent'
complete -c vmm -n $describe -l transport -x -a 'pci mmio' -d 'How virtio devices are attached'
complete -c vmm -n $describe -l rng -x -a 'on off' -d 'A virtio entropy device'
complete -c vmm -n $describe -l vsock -x -d 'cid=N,socket=PATH[,id=], streams between guest and host'
complete -c vmm -n $describe -l balloon -x -d '[size=]SIZE[,deflate-on-oom=on][,free-page-reporting=on][,stats=SECONDS]'
complete -c vmm -n $describe -l gdb -x -a 'tcp: unix:' -d 'tcp:[ADDRESS]:PORT|unix:PATH, wait for a debugger'
complete -c vmm -n $describe -l name -x -d 'The name in messages'
complete -c vmm -n $describe -l log -x -a 'stderr file= journal off' -d "Where vmm's own log goes"
complete -c vmm -n $describe -l log-level -x -a 'error warning info debug trace' -d "The log's level"
complete -c vmm -n $describe -l reboot -x -a 'reset exit' -d 'What a reset by the guest does'
complete -c vmm -n $describe -l on-crash -x -a 'end preserve' -d 'What a crash of the guest does'
complete -c vmm -n $run -l api-socket -r -F -d 'Serve the REST API on a Unix socket: PATH, fd=N'
complete -c vmm -n $run -l event-monitor -x -a 'path=' -d 'Write what happens as JSON: path=FILE, fd=N'
complete -c vmm -n $run -l stats -d 'Count exits and show them at the end'
complete -c vmm -n $run -l paused -d 'Hold the guest before its first instruction'
complete -c vmm -n $run -l trace -r -F -d 'Record every exit in a file'
complete -c vmm -n $run -l dry-run -d 'Print the machine and stop'

complete -c vmm -n $run -s d -l detach -d 'Run it in the background'
complete -c vmm -n $run -l rm -d 'With -d: forget it when it ends'
complete -c vmm -n '__vmm_verb create' -l force -d 'Create it even if something that it needs is not there yet'

complete -c vmm -n '__vmm_verb start pause resume reboot nmi stop kill rm events' -a '(vmm list --quiet 2>/dev/null)' -d VM
complete -c vmm -n '__vmm_verb_alone info console rename balloon logs wait stats limit' -a '(vmm list --quiet 2>/dev/null)' -d VM
complete -c vmm -n '__vmm_verb top' -a '(vmm list --quiet 2>/dev/null)' -d VM
complete -c vmm -n '__vmm_verb limit' -a 'bandwidth= bandwidth-burst= ops= ops-burst= off' -d Limit
complete -c vmm -n '__vmm_verb top' -l interval -x -d 'Seconds between two looks'
complete -c vmm -n '__vmm_verb top' -l count -x -d 'How many looks'
complete -c vmm -n '__vmm_verb bench' -a pause -d 'How long a pause takes'
complete -c vmm -n '__vmm_verb bench' -a exits -d 'What each kind of exit costs'
complete -c vmm -n '__vmm_verb bench' -a compare -d 'Compare two reports of exits'
complete -c vmm -n '__vmm_verb bench' -l rounds -x -a small -d 'How many'
complete -c vmm -n '__vmm_verb bench' -l rows -x -d 'Only these rows of exits'
complete -c vmm -n '__vmm_verb bench' -l output -x -a 'markdown csv html' -d 'How exits are written'
complete -c vmm -n '__vmm_verb list info events balloon bench' -l output -x -a 'table json' -d 'How it is written'
complete -c vmm -n '__vmm_verb stats' -l output -x -a 'table json prometheus' -d 'How it is written'
complete -c vmm -n '__vmm_verb list' -l quiet -d 'Only the names'
complete -c vmm -n '__vmm_verb_alone trace' -a 'show stats (vmm list --quiet 2>/dev/null)'
complete -c vmm -n '__vmm_verb trace' -F
complete -c vmm -n '__vmm_verb trace' -l reason -x -a 'io mmio x86_rdmsr x86_wrmsr hlt shutdown' -d 'Only these reasons'
complete -c vmm -n '__vmm_verb trace' -l device -x -d 'Only accesses to these devices'
complete -c vmm -n '__vmm_verb trace' -l port -x -d 'Only these ports'
complete -c vmm -n '__vmm_verb trace' -l address -x -d 'Only these guest-physical addresses'
complete -c vmm -n '__vmm_verb trace' -l vcpu -x -d 'Only these vCPUs'
complete -c vmm -n '__vmm_verb trace' -l count -x -d 'Stop after so many exits'
complete -c vmm -n '__vmm_verb trace' -l seconds -x -d 'Stop after so long'
complete -c vmm -n '__vmm_verb trace' -l save -r -F -d 'Save it instead of showing it'
complete -c vmm -n '__vmm_verb trace' -l symbols -r -F -d 'Names of addresses: System.map or vmlinux'
complete -c vmm -n '__vmm_verb trace' -l resume -d 'Let a paused VM go on then'
complete -c vmm -n '__vmm_verb trace' -l step -d 'Every instruction, too'
complete -c vmm -n '__vmm_verb trace' -l from -x -d 'Step from this address on'
complete -c vmm -n '__vmm_verb trace' -l output -x -a 'text table json' -d 'How it is written'
complete -c vmm -n '__vmm_verb link' -a '(vmm list --quiet 2>/dev/null) up down'
complete -c vmm -n '__vmm_verb stop' -l timeout -x -d 'Seconds that the guest may take'
complete -c vmm -n '__vmm_verb stop' -l force -d 'End it at once if it is not off by then'
complete -c vmm -n '__vmm_verb stop' -l agent -d 'Have the guest agent shut it down'
complete -c vmm -n '__vmm_verb_alone agent' -a '(vmm list --quiet 2>/dev/null)' -d VM
set -l agent '__vmm_verb agent; and test (count (commandline -opc)) -eq 3'
complete -c vmm -n $agent -a 'ping info get-osinfo interfaces exec freeze thaw freeze-status shutdown set-time raw' -d 'What to do'
complete -c vmm -n '__vmm_verb agent' -l timeout -x -d 'Seconds that an answer may take'
complete -c vmm -n '__vmm_verb agent; and __fish_seen_subcommand_from exec' -l within -x -d 'Seconds that the program may run'
complete -c vmm -n '__vmm_verb agent; and __fish_seen_subcommand_from shutdown' -l reboot -d 'Start the guest again'
complete -c vmm -n '__vmm_verb agent; and __fish_seen_subcommand_from shutdown' -l halt -d 'Stop without powering off'
complete -c vmm -n '__vmm_verb agent; and __fish_seen_subcommand_from info get-osinfo interfaces' -l output -x -a 'table json' -d 'How it is written'
complete -c vmm -n '__vmm_verb_alone snapshot' -a '(vmm list --quiet 2>/dev/null)' -d VM
complete -c vmm -n '__vmm_verb snapshot restore snapshots' -F
complete -c vmm -n '__vmm_verb snapshot' -l parent -r -F -d 'Save only what changed since this snapshot'
complete -c vmm -n '__vmm_verb snapshot' -l track -d 'Watch what changes from now on'
complete -c vmm -n '__vmm_verb snapshot' -l live -d 'Let the guest run on meanwhile'
complete -c vmm -n '__vmm_verb snapshot' -l freeze -d 'Have the agent freeze the file systems'
complete -c vmm -n '__vmm_verb snapshot snapshots' -l replace -d 'Take the place of the one that is there'
complete -c vmm -n '__vmm_verb snapshot snapshots' -l output -x -a 'table json' -d 'How it is written'
complete -c vmm -n '__vmm_verb_alone inspect coredump' -a '(vmm list --quiet 2>/dev/null)' -d VM
complete -c vmm -n '__vmm_verb inspect coredump' -F
complete -c vmm -n '__vmm_verb inspect' -a 'registers code memory walk slots bus pci queues irq cpuid msrs acpi'
complete -c vmm -n '__vmm_verb inspect' -l vcpu -x -d 'Of which vCPU'
complete -c vmm -n '__vmm_verb inspect' -l count -x -d 'How many instructions or bytes'
complete -c vmm -n '__vmm_verb inspect' -l physical -d 'The address is a guest-physical one'
complete -c vmm -n '__vmm_verb inspect' -l check -x -d 'Compare so many page walks with KVM'
complete -c vmm -n '__vmm_verb inspect coredump' -l output -x -a 'table json' -d 'How it is written'
complete -c vmm -n '__vmm_verb coredump' -l force -d 'Take the place of the file that is there'
complete -c vmm -n '__vmm_verb snapshots' -a 'list show verify merge diff'
complete -c vmm -n '__vmm_verb resume' -l force -d 'Also one that may run elsewhere'
complete -c vmm -n '__vmm_verb migrate' -x -a '(vmm list --quiet 2>/dev/null)' -d VM
complete -c vmm -n '__vmm_verb migrate receive' -x -a 'tcp: unix:' -d 'Where'
complete -c vmm -n '__vmm_verb migrate' -l mode -x -a 'precopy postcopy hybrid local' -d 'Where it runs meanwhile'
complete -c vmm -n '__vmm_verb migrate' -l recover -d 'Take a lost one up again'
complete -c vmm -n '__vmm_verb migrate' -l downtime -x -d 'Milliseconds it may be held'
complete -c vmm -n '__vmm_verb migrate' -l connections -x -d 'Connections for memory'
complete -c vmm -n '__vmm_verb migrate' -l compress -x -a 'none zstd' -d 'How memory is compressed'
complete -c vmm -n '__vmm_verb migrate' -l bandwidth -x -d 'The most that is sent'
complete -c vmm -n '__vmm_verb migrate' -l auto-converge -d 'Slow a busy guest down'
complete -c vmm -n '__vmm_verb migrate' -l timeout -x -d 'Seconds that memory may be sent for'
complete -c vmm -n '__vmm_verb migrate' -l on-timeout -x -a 'cancel continue postcopy' -d 'What is done then'
complete -c vmm -n '__vmm_verb migrate receive' -l tls -x -a '(__fish_complete_directories)' -d 'Encrypt, with the certificates in a folder'
complete -c vmm -n '__vmm_verb migrate' -l tls-name -x -d 'The name in the certificate'
complete -c vmm -n '__vmm_verb migrate' -l cancel -d 'Give it up'
complete -c vmm -n '__vmm_verb migrate' -l output -x -a 'table json' -d 'How it is written'
complete -c vmm -n '__vmm_verb receive' -s d -l detach -d 'Wait in the background'
complete -c vmm -n '__vmm_verb receive' -l rm -d 'With -d: forget it when it ends'
complete -c vmm -n '__vmm_verb restore' -s d -l detach -d 'Run it in the background'
complete -c vmm -n '__vmm_verb restore' -l rm -d 'With -d: forget it when it ends'
complete -c vmm -n '__vmm_verb restore' -l paused -d 'Hold the guest at first'
complete -c vmm -n '__vmm_verb restore' -l trust-disks -d 'Take the disks for unchanged'
complete -c vmm -n '__vmm_verb restore' -l track -d 'Watch what changes, for the next snapshot'
complete -c vmm -n '__vmm_verb restore' -l gdb -x -a 'tcp: unix:' -d 'Wait for a debugger'
complete -c vmm -n '__vmm_verb restore receive' -l api-socket -r -F -d 'Serve the REST API on a Unix socket: PATH, fd=N'
complete -c vmm -n '__vmm_verb restore receive' -l event-monitor -x -a 'path=' -d 'Write what happens as JSON: path=FILE, fd=N'
complete -c vmm -n '__vmm_verb restore' -l memory -x -a 'lazy eager demand' -d 'How it comes'
complete -c vmm -n '__vmm_verb rm' -l force -d 'End it first if it runs'
complete -c vmm -n '__vmm_verb logs' -l vmm -d 'What vmm itself said'
complete -c vmm -n '__vmm_verb logs events' -l follow -d 'Go on as more comes'
complete -c vmm -n '__vmm_verb logs' -l tail -x -d 'Only the last lines'

complete -c vmm -n '__vmm_verb check' -l output -x -a 'text json' -d 'How the answer is written'

set -l firmware '__vmm_verb firmware'
complete -c vmm -n "$firmware; and not __fish_seen_subcommand_from list show write" -a 'list show write'
complete -c vmm -n "$firmware; and __fish_seen_subcommand_from show write" -a '(vmm firmware list 2>/dev/null | string replace -r "  +" "\t")'
complete -c vmm -n "$firmware; and __fish_seen_subcommand_from show" -l syntax -x -a 'nasm intel gas' -d 'The assembler language'
