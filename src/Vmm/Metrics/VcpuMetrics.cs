namespace Vmm.Metrics;

/// <summary>Where the time of one virtual processor went.</summary>
/// <remarks>
/// <see cref="RunNs"/> and <see cref="HandlerNs"/> are by the clock on the wall: a guest that halts is in KVM_RUN all the
/// while. <see cref="GuestNs"/> and <see cref="WaitNs"/> are of its thread's time on the host's processors. What is left of
/// a second after guest, handler and waiting was idle (or held by a pause).
/// </remarks>
internal sealed record VcpuMetrics
{
    /// <summary>Its number.</summary>
    public required int Vcpu { get; init; }

    /// <summary>Exits, whatever the reason.</summary>
    public required long Exits { get; init; }

    /// <summary>Its exits by reason, the most frequent first.</summary>
    public required IReadOnlyList<ExitMetrics> ExitsByReason { get; init; }

    /// <summary>Its port and memory exits by the device that was accessed, the most frequent first.</summary>
    public required IReadOnlyList<ExitMetrics> ExitsByDevice { get; init; }

    /// <summary>How often the host kicked it out of the guest, to pause or end the machine.</summary>
    public required long Kicks { get; init; }

    /// <summary>Time within KVM_RUN, halted or not.</summary>
    public required long RunNs { get; init; }

    /// <summary>Time in which this program answered its exits.</summary>
    public required long HandlerNs { get; init; }

    /// <summary>Time in which it could have run and got no processor of the host.</summary>
    public required long WaitNs { get; init; }

    /// <summary>Time on a processor for the guest: its own code, and what KVM does for it within the kernel. On-cpu time less handler time.</summary>
    public required long GuestNs { get; init; }

    /// <summary>Time of its thread on a processor of the host.</summary>
    public required long CpuNs { get; init; }

    /// <summary>What the host's kernel accounts as guest time, in steps of 10 ms; not every KVM tells it (see <c>ThreadTimes</c>).</summary>
    public required long AccountedGuestNs { get; init; }

    /// <summary>The part of <see cref="CpuNs"/> in user mode that is not guest time, in steps of 10 ms.</summary>
    public required long UserNs { get; init; }

    /// <summary>The part of <see cref="CpuNs"/> in the host's kernel, in steps of 10 ms.</summary>
    public required long SystemNs { get; init; }
}
