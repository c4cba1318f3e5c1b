using System.Text.Json.Serialization;

namespace Vmm.Machine.Config;

/// <summary>
/// A machine as a user describes it, on the command line or as a JSON file: the same names in both.
/// <see cref="MachineConfigResolver.Resolve"/> checks it and fills in what depends on other parts; only what it
/// returned is built.
/// </summary>
internal sealed record MachineConfig
{
    /// <summary>What a machine is called in messages that was given no name.</summary>
    public const string NoName = "vmm";

    /// <summary>The machine's name; what users see in messages.</summary>
    public string Name { get; set; } = NoName;

    /// <summary>Whether it was given a name of its own.</summary>
    [JsonIgnore]
    public bool IsNamed => Name != NoName;

    /// <summary>The kernel image. Its format is told by its content unless <see cref="BootProtocol"/> says it.</summary>
    public string? Kernel { get; set; }

    /// <summary>Initial RAM disk; the first module of a Multiboot kernel.</summary>
    public string? Initrd { get; set; }

    /// <summary>The kernel's or the firmware's command line. Resolved: never null.</summary>
    public string? Cmdline { get; set; }

    /// <summary>Modules for kernels that take them (Multiboot, PVH).</summary>
    public IReadOnlyList<ModuleConfig> Module { get; set; } = [];

    /// <summary>One of the built-in tiny guests. Resolved: null exactly when there is a kernel.</summary>
    public string? Firmware { get; set; }

    /// <summary>How the kernel is entered.</summary>
    public BootProtocol BootProtocol { get; set; }

    /// <summary>Virtual processors and how they are laid out.</summary>
    public CpuConfig Cpus { get; set; } = new();

    /// <summary>What those processors can do.</summary>
    public CpuModel Cpu { get; set; } = CpuModel.Host;

    /// <summary>The machine's weight when the host's processors are short, where 1024 is what everybody has.</summary>
    public int? CpuShares { get; set; }

    /// <summary>The most processor time it may take, all its threads together.</summary>
    public CpuQuota? CpuQuota { get; set; }

    /// <summary>The most memory of the host it may take, the guest's and vmm's own together.</summary>
    public ByteSize? MemoryMax { get; set; }

    /// <summary>RAM.</summary>
    public MemoryConfig Memory { get; set; } = new();

    /// <summary>Disks, in the order in which the guest finds them: vda, vdb …</summary>
    public IReadOnlyList<DiskConfig> Disk { get; set; } = [];

    /// <summary>Network devices, in the order in which the guest finds them.</summary>
    public IReadOnlyList<NetConfig> Net { get; set; } = [];

    /// <summary>Named ports to Unix sockets, such as the guest agent's.</summary>
    public IReadOnlyList<PortConfig> Port { get; set; } = [];

    /// <summary>Where the serial line (ttyS0) leads. Not given: the terminal, unless the virtio console has it.</summary>
    public ConsoleTarget? Console { get; set; }

    /// <summary>Where the virtio console (hvc0) leads. Not given: there is no such device.</summary>
    public ConsoleTarget? VirtioConsole { get; set; }

    /// <summary>How virtio devices are attached.</summary>
    public VirtioTransport Transport { get; set; }

    /// <summary>Whether the guest has a virtio entropy device.</summary>
    public bool Rng { get; set; } = true;

    /// <summary>The socket device; null for none.</summary>
    public VsockConfig? Vsock { get; set; }

    /// <summary>The memory balloon; null for none.</summary>
    public BalloonConfig? Balloon { get; set; }

    /// <summary>Where a debugger is waited for, <c>tcp:ADDRESS:PORT</c> or <c>unix:PATH</c>; null for nowhere.</summary>
    public string? Gdb { get; set; }

    /// <summary>What happens when the guest resets itself.</summary>
    public RebootPolicy Reboot { get; set; }

    /// <summary>What happens when the guest crashes.</summary>
    public CrashPolicy OnCrash { get; set; }

    /// <summary>Where the log goes. Resolved: never empty; standard error when nothing was given. Each has its level but standard error, whose usual one the process knows.</summary>
    public IReadOnlyList<LogConfig> Log { get; set; } = [];

    /// <summary>The level of each place that has none of its own.</summary>
    public LogThreshold? LogLevel { get; set; }

    /// <summary>Whether exits are counted and shown at the end.</summary>
    public bool Stats { get; set; }
}
