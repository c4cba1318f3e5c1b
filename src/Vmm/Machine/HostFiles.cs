using Vmm.Host;
using Vmm.Logging;
using Vmm.Machine.Config;
using Vmm.Storage;

namespace Vmm.Machine;

/// <summary>
/// The files of a machine's description against each other, as they lie on the host: what vmm writes must not be what the
/// guest is made of. Files are compared by device and number, so that no link hides one.
/// </summary>
internal static class HostFiles
{
    /// <summary>Lets them pass or says which two are one. Before any of them is opened.</summary>
    /// <param name="config">Resolved.</param>
    /// <param name="eventMonitor">Where events are written as well; null for nowhere.</param>
    /// <param name="arrives">Whether the guest comes from another process, which may have its consoles' files until then.</param>
    /// <exception cref="VmmException">A file would be overwritten.</exception>
    public static void Check(MachineConfig config, string? eventMonitor = null, bool arrives = false)
    {
        List<(FileIdentity File, DiskConfig Disk)> disks = CheckDisks(config.Disk);
        List<(string Option, string Path)> written = [.. Written(config, eventMonitor)];
        if (written.Count == 0)
            return;
        Dictionary<FileIdentity, string> taken = [];
        foreach ((FileIdentity file, DiskConfig disk) in disks)
            taken.TryAdd(file, $"is this machine's disk '{disk.Id}', which would be overwritten");
        foreach ((string what, string path) in Read(config))
        {
            if (FileIdentity.Of(path) is { } file)
                taken.TryAdd(file, $"is this machine's {what}, which would be overwritten");
        }
        foreach ((string option, string path) in written)
        {
            if (FileIdentity.Of(path) is not { } file)
                continue;
            if (!taken.TryAdd(file, $"is the file of --{option} already"))
                throw Refuse(option, path, $"{taken[file]}; give another file");
            RefuseLocked(option, path, arrives);
        }
    }

    /// <summary>Refuses to write what is somebody's disk or another machine's console.</summary>
    /// <param name="option">What is to be written, such as <c>console</c>.</param>
    /// <param name="path">Its file, for the message.</param>
    /// <param name="fd">The file, open.</param>
    /// <param name="mayBeConsole">Whether another machine's console is let pass.</param>
    /// <exception cref="VmmException">It is locked.</exception>
    public static void RefuseLocked(string option, string path, SafeFd fd, bool mayBeConsole)
    {
        if (ImageLock.IsHeld(fd, out string holder, out bool isConsole) && !(isConsole && mayBeConsole))
            throw Refuse(option, path, $"is locked{holder}: {(isConsole ? "another machine's console" : "a disk in use")}, which would be overwritten; give another file");
    }

    private static void RefuseLocked(string option, string path, bool mayBeConsole)
    {
        int fd = Linux.open(path, Linux.O_WRONLY | Linux.O_NONBLOCK | Linux.O_NOCTTY | Linux.O_CLOEXEC, 0);
        // Not there, or not to be written: who opens it next says so.
        if (fd < 0)
            return;
        using SafeFd file = new(fd);
        RefuseLocked(option, path, file, mayBeConsole);
    }

    /// <summary>Two disks of one file corrupt it, unless nobody writes. The lock would refuse the second one, too, but not say why.</summary>
    private static List<(FileIdentity File, DiskConfig Disk)> CheckDisks(IReadOnlyList<DiskConfig> disks)
    {
        List<(FileIdentity File, DiskConfig Disk)> seen = [];
        foreach (DiskConfig disk in disks)
        {
            if (FileIdentity.Of(disk.Path) is not { } file)
                continue;
            foreach ((FileIdentity other, DiskConfig before) in seen)
            {
                if (other == file && !(before.Readonly && disk.Readonly))
                    throw Refuse("disk", disk.Path, $"and '{Printable.Escape(before.Path)}' are one file; only disks that are readonly may share one");
            }
            seen.Add((file, disk));
        }
        return seen;
    }

    private static IEnumerable<(string What, string Path)> Read(MachineConfig config)
    {
        if (config.Kernel is { } kernel)
            yield return ("kernel", kernel);
        if (config.Initrd is { } initrd)
            yield return ("initrd", initrd);
        foreach (ModuleConfig module in config.Module)
            yield return ("module", module.Path);
    }

    private static IEnumerable<(string Option, string Path)> Written(MachineConfig config, string? eventMonitor)
    {
        if (config.Console is { Kind: ConsoleKind.File, Path: string serial })
            yield return ("console", serial);
        if (config.VirtioConsole is { Kind: ConsoleKind.File, Path: string virtio })
            yield return ("virtio-console", virtio);
        foreach (LogConfig log in config.Log)
        {
            if (log is not { Target: LogTarget.File, Path: string path })
                continue;
            yield return ("log", path);
            // Where it is renamed to when it is full.
            if (log.Size is not null)
                yield return ("log", path + FileSink.FullSuffix);
        }
        if (eventMonitor is not null)
            yield return ("event-monitor", eventMonitor);
    }

    private static VmmException Refuse(string option, string path, string why) => new($"--{option}: '{Printable.Escape(path)}' {why}", ExitCodes.Usage);
}
