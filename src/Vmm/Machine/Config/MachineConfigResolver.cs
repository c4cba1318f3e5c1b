using Vmm.Gdb;
using Vmm.Guest.Memory;

namespace Vmm.Machine.Config;

/// <summary>Checks a machine's description and completes it. Touches no file: what is there is found out when it is opened.</summary>
internal static class MachineConfigResolver
{
    /// <summary>What runs when nothing was asked for.</summary>
    public const string DefaultFirmware = "monitor";

    /// <summary>Returns the description with every gap filled in.</summary>
    /// <exception cref="MachineConfigException">Naming the first field that is wrong.</exception>
    public static MachineConfig Resolve(MachineConfig config)
    {
        NameRules.Check("name", config.Name, NameRules.LongestMachineName);
        if (config.Cmdline?.Contains('\0', StringComparison.Ordinal) == true)
            throw new MachineConfigException("cmdline", "holds a NUL character, which would end it early");
        CheckGuest(config);
        MachineConfig resolved = config with
        {
            Cpus = TopologyResolver.Resolve(config.Cpus),
            Disk = DiskListResolver.Resolve(config.Disk),
            Net = NetListResolver.Resolve(config),
            Vsock = VsockRules.Resolve(config.Vsock),
            Port = PortListResolver.Resolve(config.Port),
            Gdb = ResolveGdb(config.Gdb),
            Log = LogListResolver.Resolve(config.Log, config.LogLevel),
            Firmware = config.Kernel is null ? config.Firmware ?? DefaultFirmware : null,
            Console = config.Console ?? (config.VirtioConsole?.Kind == ConsoleKind.Tty ? ConsoleTarget.Off : ConsoleTarget.Tty),
            VirtioConsole = config.VirtioConsole ?? ConsoleTarget.Off,
        };
        CheckMemory(config.Memory);
        BalloonRules.Check(config);
        LimitRules.Check(config);
        CheckConsoles(resolved);
        CheckDeviceCount(resolved);
        return resolved with { Cmdline = config.Cmdline ?? (config.Kernel is null ? "" : DefaultCommandLine(resolved)) };
    }

    private static void CheckGuest(MachineConfig config)
    {
        if (config.Kernel is not null)
        {
            if (config.Firmware is not null)
                throw new MachineConfigException("firmware", "give either a kernel or a firmware, not both");
            PathRules.Check("kernel", config.Kernel);
            if (config.Initrd is not null)
                PathRules.Check("initrd", config.Initrd);
            for (int i = 0; i < config.Module.Count; i++)
                PathRules.Check($"module[{i}].path", config.Module[i].Path);
            return;
        }
        if (config.Firmware is not null)
            NameRules.Check("firmware", config.Firmware, NameRules.LongestMachineName);
        string? orphan =
            config.Initrd is not null ? "initrd" :
            config.Module.Count > 0 ? "module" :
            config.BootProtocol != BootProtocol.Auto ? "boot-protocol" : null;
        if (orphan is not null)
            throw new MachineConfigException(orphan, "has a meaning only together with a kernel; give --kernel FILE");
    }

    private static string? ResolveGdb(string? gdb)
    {
        try
        {
            return gdb is null ? null : GdbAddress.Parse(gdb).ToString();
        }
        catch (FormatException wrong)
        {
            throw new MachineConfigException("gdb", wrong.Message);
        }
    }

    private static void CheckMemory(MemoryConfig memory)
    {
        const string Field = "memory.size";
        ulong bytes = memory.Size.Bytes;
        if (bytes < MemoryLayout.MinimumRam)
            throw new MachineConfigException(Field, $"{memory.Size} is too little: a guest has at least {new ByteSize(MemoryLayout.MinimumRam)}");
        if (bytes > MachineLimits.LargestRam)
            throw new MachineConfigException(Field, $"{memory.Size} is too much: a guest has at most {new ByteSize(MachineLimits.LargestRam)}");
        if (bytes % MemoryLayout.PageSize != 0)
            throw new MachineConfigException(Field, $"{memory.Size} is not a multiple of a page ({new ByteSize(MemoryLayout.PageSize)})");
        if (memory.Hugepages && bytes % MachineLimits.HugePage != 0)
            throw new MachineConfigException(Field, $"{memory.Size} is not a multiple of a huge page ({new ByteSize(MachineLimits.HugePage)}), which hugepages=on needs");
    }

    private static void CheckConsoles(MachineConfig config)
    {
        if (config is { Console.Kind: ConsoleKind.Tty, VirtioConsole.Kind: ConsoleKind.Tty })
            throw new MachineConfigException("virtio-console", "there is one terminal, and the serial console has it: add --console off (or file=PATH)");
        if (config.Console is { Kind: ConsoleKind.File, Path: string serial })
            PathRules.Check("console", serial);
        if (config.VirtioConsole is { Kind: ConsoleKind.File, Path: string virtio })
        {
            PathRules.Check("virtio-console", virtio);
            if (config.Console!.Path is string other && PathRules.AreSame(other, virtio))
                throw new MachineConfigException("virtio-console", $"'{virtio}' is the serial console's file already");
        }
    }

    private static void CheckDeviceCount(MachineConfig config)
    {
        int others = (config.Rng ? 1 : 0) + (config.Port.Count > 0 ? 1 : 0) + (config.VirtioConsole!.Kind == ConsoleKind.Off ? 0 : 1) + config.Net.Count
            + (config.Vsock is null ? 0 : 1) + (config.Balloon is null ? 0 : 1);
        int room = (config.Transport == VirtioTransport.Mmio ? MachineLimits.MmioDevices : MachineLimits.PciDevices) - others;
        if (config.Disk.Count > room)
            throw new MachineConfigException("disk", $"{config.Disk.Count} disks do not fit: this machine has room for {room}");
    }

    /// <summary>What a stock Linux needs to be heard, and to find its root when nothing else brings it.</summary>
    private static string DefaultCommandLine(MachineConfig config)
    {
        string console = config.VirtioConsole!.Kind == ConsoleKind.Tty ? "console=hvc0" : "console=ttyS0";
        if (config.Initrd is not null || config.Disk.Count == 0)
            return console;
        return $"{console} root=/dev/vda {(config.Disk[0].Readonly ? "ro" : "rw")}";
    }
}
