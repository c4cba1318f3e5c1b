using Vmm.Control.Local;
using Vmm.Machine;
using Vmm.Machine.Config;
using Vmm.Registry;

namespace Vmm.Cli.Machines;

/// <summary>All that is known of one VM, as <c>vmm info</c> shows it.</summary>
internal sealed record VmInfo
{
    /// <summary>Its line in the list.</summary>
    public required VmRow Vm { get; init; }

    /// <summary>What is known of its life.</summary>
    public required VmRecord Record { get; init; }

    /// <summary>Its description; of a running VM, with every gap filled in.</summary>
    public required MachineConfig Config { get; init; }

    /// <summary>How often its guest was started again.</summary>
    public int Resets { get; init; }

    /// <summary>By which its guest can tell that it was copied; null while it does not run.</summary>
    public Guid? GenerationId { get; init; }

    /// <summary>The network cards' addresses as the guest has them: a copy's driver goes on with the one that it knew. Null while it does not run.</summary>
    public IReadOnlyList<string>? NetAddresses { get; init; }

    /// <summary>The migration that it is part of; null when there is none, and while it does not run.</summary>
    public MigrationStatus? Migration { get; init; }

    /// <summary>Where a debugger can attach to its guest, and whether one has; null for nowhere, and while it does not run.</summary>
    public DebuggerStatus? Debugger { get; init; }

    /// <summary>Where its files are.</summary>
    public required string Folder { get; init; }

    /// <summary>What the running VMs have been promised, beside what the host has.</summary>
    public OvercommitReport? Host { get; init; }
}
