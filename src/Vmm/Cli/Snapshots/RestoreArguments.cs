using System.CommandLine;
using Vmm.Host;
using Vmm.Machine.Config;

namespace Vmm.Cli.Snapshots;

/// <summary>
/// The options by which a VM that is brought back may differ from the one that was frozen: what the guest does not see of
/// it. <c>--disk</c> and <c>--net</c> name the device by its id, or mean the first, second … in the order they are given.
/// </summary>
internal sealed class RestoreArguments
{
    private static readonly string[] s_names = ["name", "disk", "net", "vsock", "port", "console", "virtio-console", "log", "log-level", "reboot", "on-crash", "cpu-shares", "cpu-quota", "memory-max"];

    private readonly RunOption[] _options;

    /// <summary>Adds them to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="more">Options of <c>vmm run</c> that this command takes besides.</param>
    public RestoreArguments(Command command, params string[] more)
    {
        _options = [.. RunOptions.All().Where(option => s_names.Contains(option.Name) || more.Contains(option.Name))];
        foreach (RunOption option in _options)
            command.Add(option.Symbol);
    }

    /// <summary>Looks at what can be wrong whatever VM it is for, before there is one.</summary>
    /// <param name="line">The command line.</param>
    /// <exception cref="VmmException">An option is wrong, or a file cannot be made.</exception>
    public void Check(ParseResult line)
    {
        MachineConfig given = Read(line);
        Resolve(line, given with
        {
            // Those of the VM may be readonly, and its memory smaller.
            Disk = [.. given.Disk.Select(disk => disk with { Readonly = true })],
            MemoryMax = null,
        });
        CheckFolder("console", given.Console?.Path);
        CheckFolder("virtio-console", given.VirtioConsole?.Path);
        foreach (LogConfig log in given.Log.Where(log => log.Target == LogTarget.File))
            CheckFolder("log", log.Path);
    }

    /// <summary>The description of the VM that is to go on.</summary>
    /// <param name="line">The command line.</param>
    /// <param name="saved">The description of the one that was frozen.</param>
    /// <exception cref="VmmException">An option is wrong, or names a device that there is not.</exception>
    public MachineConfig Describe(ParseResult line, MachineConfig saved)
    {
        MachineConfig given = Read(line);
        bool Has(string name) => _options.Single(option => option.Name == name).IsGiven(line);
        string name = Has("name") ? given.Name : saved.Name;
        IReadOnlyList<NetConfig> cards = name == saved.Name ? saved.Net : [.. saved.Net.Select((net, i) => IsMade(net, saved.Name, i) ? net with { Mac = null } : net)];
        return Resolve(line, saved with
        {
            Name = name,
            Disk = Overlay(saved.Disk, given.Disk, "disk", disk => disk.Id, (was, now) => was with { Path = now.Path, Direct = now.Direct, Aio = now.Aio, Limit = now.Limit ?? was.Limit }),
            Net = Overlay(cards, given.Net, "net", net => net.Id, (was, now) => was with { Tap = now.Tap, Fd = now.Fd, Passt = now.Passt, Vhost = now.Vhost, Forward = now.Forward, Mac = now.Mac ?? was.Mac, Limit = now.Limit ?? was.Limit }),
            Port = Overlay(saved.Port, given.Port, "port", port => port.Name, (was, now) => was with { Socket = now.Socket }),
            Vsock = Has("vsock") ? given.Vsock : saved.Vsock,
            Gdb = given.Gdb,
            Console = Has("console") ? given.Console : saved.Console,
            VirtioConsole = Has("virtio-console") ? given.VirtioConsole : saved.VirtioConsole,
            Log = Has("log") ? given.Log : saved.Log,
            LogLevel = Has("log-level") ? given.LogLevel : saved.LogLevel,
            Reboot = Has("reboot") ? given.Reboot : saved.Reboot,
            OnCrash = Has("on-crash") ? given.OnCrash : saved.OnCrash,
            CpuShares = Has("cpu-shares") ? given.CpuShares : saved.CpuShares,
            CpuQuota = Has("cpu-quota") ? given.CpuQuota : saved.CpuQuota,
            MemoryMax = Has("memory-max") ? given.MemoryMax : saved.MemoryMax,
        });
    }

    private MachineConfig Read(ParseResult line)
    {
        MachineConfig given = new();
        foreach (RunOption option in _options)
            option.Apply(line, given);
        return given;
    }

    private static MachineConfig Resolve(ParseResult line, MachineConfig config)
    {
        try
        {
            return MachineConfigResolver.Resolve(config);
        }
        catch (MachineConfigException wrong)
        {
            throw UsageException.For(line.CommandResult.Command, $"{wrong.Field}: {wrong.Reason}");
        }
    }

    private static void CheckFolder(string option, string? path)
    {
        if (path is not null && Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder && !Directory.Exists(folder))
            throw new VmmException($"--{option}: '{Printable.Escape(path)}' cannot be written: there is no folder '{Printable.Escape(folder)}'; make it first");
    }

    /// <summary>An address that was made from the other VM's name, which goes on using it.</summary>
    private static bool IsMade(NetConfig net, string name, int index) => net.Mac is { } mac && mac == MacAddresses.Make(name, index);

    private static List<T> Overlay<T>(IReadOnlyList<T> saved, IReadOnlyList<T> given, string option, Func<T, string?> id, Func<T, T, T> merge)
    {
        List<T> result = [.. saved];
        for (int i = 0; i < given.Count; i++)
        {
            string? name = id(given[i]);
            int at = name is null ? i : result.FindIndex(one => id(one) == name);
            if (at < 0 || at >= result.Count)
            {
                string known = saved.Count == 0 ? "it has none" : "it has " + string.Join(", ", saved.Select(id));
                throw new VmmException($"--{option}: the VM that was frozen has no '{Printable.Escape(name ?? $"number {i + 1}")}'; {known}", ExitCodes.Usage);
            }
            result[at] = merge(result[at], given[i]);
        }
        return result;
    }
}
