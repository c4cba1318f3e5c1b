using Vmm.Firmware;

namespace Vmm.Bench.Exits;

/// <summary>One kind of exit that is measured, and the machine that it takes.</summary>
/// <param name="Name">As users and JSON name it; kvm-unit-tests' vmexit's name where it has the row.</param>
/// <param name="LeavesTo">Who answers it.</param>
/// <param name="What">What it is, in a few words.</param>
internal sealed record ExitRow(string Name, LeavesTo LeavesTo, string What)
{
    /// <summary>What the guest does; null where no guest runs (KVM_RUN with immediate_exit).</summary>
    public ExitAccess? Access { get; init; }

    /// <summary>The port, address, register, distance or count that goes with it.</summary>
    public ulong Argument { get; init; }

    /// <summary>Whether the guest does it at CPL 3.</summary>
    public bool IsUser { get; init; }

    /// <summary>An ioeventfd answers instead of a device.</summary>
    public DoorbellKind Doorbell { get; init; }

    /// <summary>What lies behind the pages that it touches.</summary>
    public PageKind Pages { get; init; }

    /// <summary>How the host ends its HLT, or that it answers in memory.</summary>
    public WakeKind Wake { get; init; }

    /// <summary>Whether unknown model-specific registers are answered by user space.</summary>
    public bool HasUserMsrs { get; init; }

    /// <summary>How many vCPUs.</summary>
    public int Vcpus { get; init; } = 1;

    /// <summary>Nanoseconds that were asked for and are no cost.</summary>
    public uint LessNs { get; init; }

    /// <summary>A row that takes long, or much memory, is measured this many times less often.</summary>
    public int Divisor { get; init; } = 1;

    /// <summary>Whether it is also measured with the accounting of exits switched off.</summary>
    public bool IsMeasuredUncounted { get; init; }

    /// <summary>Bytes from one page that it touches to the next.</summary>
    public ulong PageSize => Pages == PageKind.Huge ? 2UL << 20 : 4096;
}
