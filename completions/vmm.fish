# fish completion for vmm
set -l verbs run check firmware version
complete -c vmm -f
complete -c vmm -n "not __fish_seen_subcommand_from $verbs" -a run -d 'Run a machine'
complete -c vmm -n "not __fish_seen_subcommand_from $verbs" -a check -d 'Say whether this host can run guests'
complete -c vmm -n "not __fish_seen_subcommand_from $verbs" -a firmware -d 'The built-in tiny guests'
complete -c vmm -n "not __fish_seen_subcommand_from $verbs" -a version -d 'Show the version'
complete -c vmm -n "not __fish_seen_subcommand_from $verbs" -l api-socket -r -F -d 'An empty VMM with its REST API: PATH, fd=N'
complete -c vmm -n "not __fish_seen_subcommand_from $verbs" -l event-monitor -x -a 'path=' -d 'Write what happens as JSON: path=FILE, fd=N'

set -l run '__fish_seen_subcommand_from run'
complete -c vmm -n $run -F
complete -c vmm -n $run -l kernel -r -F -d 'Kernel image'
complete -c vmm -n $run -l initrd -r -F -d 'Initial RAM disk'
complete -c vmm -n $run -l cmdline -x -d 'Kernel command line'
complete -c vmm -n $run -l module -r -F -d 'Module for the kernel: FILE[=ARGS]'
complete -c vmm -n $run -l boot-protocol -x -a 'auto bzimage elf pvh multiboot flat' -d 'How the kernel is entered'
complete -c vmm -n $run -l firmware -x -a '(vmm firmware list 2>/dev/null | string replace -r "  +" "\t")' -d 'A built-in tiny guest'
complete -c vmm -n $run -l cpus -x -d 'N[,sockets=,cores=,threads=]'
complete -c vmm -n $run -l cpu -x -d 'host[,-FEATURE][,+FEATURE]'
complete -c vmm -n $run -l memory -x -d 'SIZE[,hugepages=on][,shared=on][,prefault=on]'
complete -c vmm -n $run -l disk -r -F -d '[path=]FILE[,readonly=on][,direct=on][,id=]'
complete -c vmm -n $run -l console -x -a 'tty off file=' -d 'Where the serial line leads'
complete -c vmm -n $run -l virtio-console -x -a 'tty off file=' -d 'Where the virtio console leads'
complete -c vmm -n $run -l transport -x -a 'pci mmio' -d 'How virtio devices are attached'
complete -c vmm -n $run -l rng -x -a 'on off' -d 'A virtio entropy device'
complete -c vmm -n $run -l name -x -d 'The name in messages'
complete -c vmm -n $run -l reboot -x -a 'reset exit' -d 'What a reset by the guest does'
complete -c vmm -n $run -l api-socket -r -F -d 'Serve the REST API on a Unix socket: PATH, fd=N'
complete -c vmm -n $run -l event-monitor -x -a 'path=' -d 'Write what happens as JSON: path=FILE, fd=N'
complete -c vmm -n $run -l stats -d 'Count exits and show them at the end'
complete -c vmm -n $run -l dry-run -d 'Print the machine and stop'

complete -c vmm -n '__fish_seen_subcommand_from check' -l output -x -a 'text json' -d 'How the answer is written'

set -l firmware '__fish_seen_subcommand_from firmware'
complete -c vmm -n "$firmware; and not __fish_seen_subcommand_from list show write" -a 'list show write'
complete -c vmm -n '__fish_seen_subcommand_from show write' -a '(vmm firmware list 2>/dev/null | string replace -r "  +" "\t")'
complete -c vmm -n '__fish_seen_subcommand_from show' -l syntax -x -a 'nasm intel gas' -d 'The assembler language'
