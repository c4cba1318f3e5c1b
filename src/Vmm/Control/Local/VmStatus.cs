namespace Vmm.Control.Local;

/// <summary>The few numbers that a list of VMs shows. Two of these, a moment apart, give rates.</summary>
internal sealed record VmStatus
{
    /// <summary>The VM's name.</summary>
    public required string Name { get; init; }

    /// <summary>Where it is in its life.</summary>
    public VmState State { get; init; }

    /// <summary>Its process.</summary>
    public int Pid { get; init; }

    /// <summary>Virtual processors.</summary>
    public int Vcpus { get; init; }

    /// <summary>The guest's RAM, in bytes.</summary>
    public ulong MemoryBytes { get; init; }

    /// <summary>Since the guest was booted, in milliseconds.</summary>
    public long UptimeMilliseconds { get; init; }

    /// <summary>When these numbers were taken, in nanoseconds of the host's monotonic clock.</summary>
    public long TakenAtNanoseconds { get; init; }

    /// <summary>Processor time of the whole process, in nanoseconds.</summary>
    public long CpuNanoseconds { get; init; }

    /// <summary>Exits to user space, of all vCPUs and all starts of the guest.</summary>
    public long Exits { get; init; }

    /// <summary>How often the guest was started again.</summary>
    public int Resets { get; init; }

    /// <summary>By which the guest can tell that it was copied; null while it does not run.</summary>
    public Guid? GenerationId { get; init; }

    /// <summary>The network cards' addresses as the guest has them; null while it does not run.</summary>
    public IReadOnlyList<string>? NetAddresses { get; init; }

    /// <summary>Whether its guest is on its way here, and runs elsewhere or nowhere yet.</summary>
    public bool IsArriving { get; init; }

    /// <summary>The migration that it is part of; null when there is none.</summary>
    public MigrationStatus? Migration { get; init; }

    /// <summary>Where a debugger can attach to the guest, and whether one has; null for nowhere.</summary>
    public DebuggerStatus? Debugger { get; init; }
}
