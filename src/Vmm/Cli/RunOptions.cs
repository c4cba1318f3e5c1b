using System.Globalization;
using Vmm.Gdb;
using Vmm.Machine.Config;
using Vmm.Storage;

namespace Vmm.Cli;

/// <summary>Every option of <c>vmm run</c> that describes the machine, in the order of the help.</summary>
internal static class RunOptions
{
    /// <summary>The table.</summary>
    public static IReadOnlyList<RunOption> All() =>
    [
        new("kernel", "FILE", "Kernel image: bzImage, ELF, PVH, Multiboot or flat, told by its content", (m, v) => m.Kernel = Given(v)),
        new("initrd", "FILE", "Initial RAM disk, or the first Multiboot module", (m, v) => m.Initrd = Given(v)),
        new("cmdline", "TEXT", "Kernel command line [console=ttyS0; with a disk and no initrd also root=/dev/vda]", (m, v) => m.Cmdline = v),
        new("module", "FILE[=ARGS]", "Load a module for a Multiboot or PVH kernel; repeatable", AddModule, repeatable: true),
        new("boot-protocol", "NAME", $"Enter the kernel as one of {Word.All<BootProtocol>()}", (m, v) => m.BootProtocol = Word.Parse<BootProtocol>(v)),
        new("firmware", "NAME", "Run a built-in tiny guest instead ('vmm firmware list') [monitor, when there is no kernel]", (m, v) => m.Firmware = Given(v)),
        new("cpus", "N[,sockets=,cores=,threads=][,affinity=LIST]", "Virtual processors, 1 to 64 [1]", (m, v) => m.Cpus = Cpus(v)),
        new("cpu", "host[,-FEATURE][,+FEATURE]", "Take processor features away or add them [host]", (m, v) => m.Cpu = CpuModel.Parse(v)),
        new("cpu-shares", "N", "Weight where processors are short, 2 to 262144; everybody has 1024 (cgroup v2)", (m, v) => m.CpuShares = WholeNumber(v)),
        new("cpu-quota", "PERCENT|USEC/PERIOD", "The most processor time: 50%, 200%, 50000/100000 (cgroup v2)", (m, v) => m.CpuQuota = CpuQuota.Parse(v)),
        new("memory-max", "SIZE", "The most memory of the host, vmm's own included (cgroup v2)", (m, v) => m.MemoryMax = ByteSize.Parse(v)),
        new("memory", "SIZE[,hugepages=on][,shared=on][,prefault=on]", "RAM: 256M, 6G, 512MiB; a plain number is MiB [512M]", (m, v) => m.Memory = Memory(v)),
        new("disk", "[path=]FILE[,readonly=on][,direct=on][,id=NAME][,bandwidth=RATE][,ops=RATE][,queues=N][,queue-size=N][,aio=ENGINE]", "A raw image or block device; repeatable", AddDisk, repeatable: true),
        new("net", "passt|tap=NAME|fd=N[:N…][,forward=HOST:GUEST][,mac=][,…]", "A network device; passt needs neither root nor set-up; repeatable", NetOption.Add, repeatable: true),
        new("console", "tty|off|file=PATH", "Where the serial line (ttyS0) leads [tty]", (m, v) => m.Console = ConsoleTarget.Parse(v)),
        new("virtio-console", "tty|off|file=PATH", "Where the virtio console (hvc0) leads; with tty the serial line is off [off]", (m, v) => m.VirtioConsole = ConsoleTarget.Parse(v)),
        new("port", "[name=]NAME[,socket=PATH]", "A named port of the guest (/dev/virtio-ports/NAME) as a Unix socket; repeatable [in the VM's folder]", AddPort, repeatable: true),
        new("transport", "pci|mmio", "How virtio devices are attached [pci]", (m, v) => m.Transport = Word.Parse<VirtioTransport>(v)),
        new("rng", "on|off", "A virtio entropy device [on]", (m, v) => m.Rng = OnOff(v)),
        new("vsock", VsockOption.Form, "Streams between guest and host: CONNECT PORT at the socket, and PATH_PORT for the guest's", (m, v) => m.Vsock = VsockOption.Parse(v)),
        new("balloon", BalloonOption.Form, "Let the host take memory back from the guest: how much, and how", (m, v) => m.Balloon = BalloonOption.Parse(v)),
        new("gdb", GdbAddress.Form, "Hold the guest before its first instruction for a debugger: gdb's 'target remote'; port 0 is any", (m, v) => m.Gdb = GdbAddress.Parse(v).ToString()),
        new("name", "NAME", "The machine's name in messages [vmm]", (m, v) => m.Name = v),
        new("log", "stderr|file=PATH|journal|off[,format=json][,level=][,size=]", "Where vmm's own log goes; repeatable [stderr,level=warning]", AddLog, repeatable: true),
        new("log-level", "LEVEL", $"The log's level where its place has none: {Word.All<LogThreshold>()} [info; stderr: warning]", (m, v) => m.LogLevel = Word.Parse<LogThreshold>(v)),
        new("reboot", "reset|exit", "What a reset by the guest does [reset]", (m, v) => m.Reboot = Word.Parse<RebootPolicy>(v)),
        new("on-crash", "end|preserve", "What a crash of the guest does: end its run (or --reboot), or hold it for a look [end]", (m, v) => m.OnCrash = Word.Parse<CrashPolicy>(v)),
    ];

    private static CpuConfig Cpus(string value)
    {
        KeyValues parts = new(value, "count");
        CpuConfig cpus = new()
        {
            Count = parts.Number("count"),
            Sockets = parts.Number("sockets"),
            Cores = parts.Number("cores"),
            Threads = parts.Number("threads"),
            Affinity = parts.Text("affinity") is string affinity ? AffinityText.Parse(affinity) : null,
        };
        parts.Done();
        return cpus;
    }

    private static MemoryConfig Memory(string value)
    {
        KeyValues parts = new(value, "size");
        MemoryConfig memory = new();
        if (parts.Text("size") is string size)
            memory.Size = ByteSize.Parse(size);
        memory.Hugepages = parts.Switch("hugepages");
        memory.Shared = parts.Switch("shared");
        memory.Prefault = parts.Switch("prefault");
        parts.Done();
        return memory;
    }

    private static void AddDisk(MachineConfig machine, string value)
    {
        KeyValues parts = new(value, "path");
        string? path = parts.Text("path");
        DiskConfig disk = new()
        {
            Path = path ?? "",
            Readonly = parts.Switch("readonly"),
            Direct = parts.Switch("direct"),
            Id = parts.Text("id"),
            Queues = parts.Number("queues"),
            QueueSize = parts.Number("queue-size"),
            Limit = RateKeys.Read(parts),
        };
        if (parts.Text("aio") is string aio)
            disk.Aio = Word.Parse<DiskEngine>(aio);
        parts.Done();
        if (path is null)
            throw new FormatException("lacks path=FILE");
        machine.Disk = [.. machine.Disk, disk];
    }

    private static void AddPort(MachineConfig machine, string value)
    {
        KeyValues parts = new(value, "name");
        PortConfig port = new() { Name = parts.Text("name") ?? throw new FormatException("lacks name=NAME"), Socket = parts.Text("socket") };
        parts.Done();
        machine.Port = [.. machine.Port, port];
    }

    /// <summary>A place that was named before, in a machine file perhaps, is described anew; off forgets all others.</summary>
    private static void AddLog(MachineConfig machine, string value)
    {
        KeyValues parts = new(value, "target");
        string? file = parts.Text("file");
        string? target = parts.Text("target");
        if (file is not null == target is not null)
            throw new FormatException("is one of stderr, file=PATH, journal, off");
        if (target == Word.Of(LogTarget.File))
            throw new FormatException("file needs a path: file=PATH");
        LogConfig log = new() { Target = file is null ? Word.Parse<LogTarget>(target!) : LogTarget.File, Path = file };
        if (log.Target == LogTarget.Journal)
            log.Path = parts.Text("socket");
        if (parts.Text("format") is string format)
            log.Format = Word.Parse<LogFormat>(format);
        if (parts.Text("level") is string level)
            log.Level = Word.Parse<LogThreshold>(level);
        if (parts.Text("size") is string size)
            log.Size = ByteSize.Parse(size);
        parts.Done();
        bool isOff = log.Target == LogTarget.Off;
        machine.Log = [.. machine.Log.Where(other => !isOff && other.Target != LogTarget.Off && !LogListResolver.AreSame(other, log)), log];
    }

    private static void AddModule(MachineConfig machine, string value)
    {
        int equals = value.IndexOf('=', StringComparison.Ordinal);
        string path = equals < 0 ? value : value[..equals];
        if (path.Length == 0)
            throw new FormatException("needs a file before '='");
        machine.Module = [.. machine.Module, new() { Path = path, Args = equals < 0 ? "" : value[(equals + 1)..] }];
    }

    private static int WholeNumber(string value) => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
        ? number
        : throw new FormatException($"'{Printable.Escape(value)}' is not a whole number from 0 to {int.MaxValue}");

    private static string Given(string value) => value.Length > 0 ? value : throw new FormatException("needs a value");

    private static bool OnOff(string value) => value switch
    {
        "on" => true,
        "off" => false,
        _ => throw new FormatException($"'{Printable.Escape(value)}' is neither on nor off"),
    };
}
