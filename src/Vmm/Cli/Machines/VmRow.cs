using Vmm.Control.Local;

namespace Vmm.Cli.Machines;

/// <summary>A VM's line in <c>vmm list</c> and <c>vmm top</c>, and its object in their JSON.</summary>
internal sealed record VmRow
{
    /// <summary>The VM's name.</summary>
    public required string Name { get; init; }

    /// <summary>Its state: see <see cref="VmView.Look"/>; or <c>damaged</c>, where nothing runs and its description cannot be read.</summary>
    public required string State { get; init; }

    /// <summary>Its process; null where none runs.</summary>
    public int? Pid { get; init; }

    /// <summary>Virtual processors.</summary>
    public int Vcpus { get; init; }

    /// <summary>The guest's RAM, in bytes.</summary>
    public ulong MemoryBytes { get; init; }

    /// <summary>Since the guest was booted, in seconds.</summary>
    public double? UptimeSeconds { get; init; }

    /// <summary>Processor time a second, in percent of one processor.</summary>
    public double? CpuPercent { get; init; }

    /// <summary>Exits to user space a second.</summary>
    public double? ExitsPerSecond { get; init; }

    /// <summary>How its last run ended.</summary>
    public string? Outcome { get; init; }

    /// <summary>What its process exited with.</summary>
    public int? ExitCode { get; init; }

    /// <summary>Makes a row of two looks at a VM, a moment apart.</summary>
    public static VmRow Of(VmView before, VmView now)
    {
        (double? cpu, double? exits) = Rates(before.Status, now.Status);
        (int vcpus, ulong memory, bool isDamaged) = Size(now);
        return new()
        {
            Name = now.Folder.Name,
            State = isDamaged ? "damaged" : now.State,
            Pid = now.Status?.Pid,
            Vcpus = vcpus,
            MemoryBytes = memory,
            UptimeSeconds = now.Status?.UptimeMilliseconds / 1000.0,
            CpuPercent = cpu,
            ExitsPerSecond = exits,
            Outcome = now.Outcome,
            ExitCode = now.Status is null ? now.Record.ExitCode : null,
        };
    }

    private static (double? Cpu, double? Exits) Rates(VmStatus? before, VmStatus? now)
    {
        if (before is null || now is null || now.Pid != before.Pid || now.TakenAtNanoseconds <= before.TakenAtNanoseconds)
            return (null, null);
        double nanoseconds = now.TakenAtNanoseconds - before.TakenAtNanoseconds;
        return (100 * (now.CpuNanoseconds - before.CpuNanoseconds) / nanoseconds, Math.Max(0, now.Exits - before.Exits) * 1e9 / nanoseconds);
    }

    private static (int Vcpus, ulong Memory, bool IsDamaged) Size(VmView view)
    {
        if (view.Status is { } status)
            return (status.Vcpus, status.MemoryBytes, false);
        try
        {
            Machine.Config.MachineConfig config = view.Folder.ReadConfig();
            return (config.Cpus.Count ?? 1, config.Memory.Size.Bytes, false);
        }
        catch (Host.VmmException)
        {
            return (0, 0, !view.Folder.IsAlive);
        }
    }
}
