using System.Text.Json.Serialization;
using Vmm.Kvm.Abi;
using Vmm.Machine.Exits;
using Vmm.Trace.Format;

namespace Vmm.Trace;

/// <summary>Which exits are wanted. An empty list leaves nothing out; what several lists ask must all be true.</summary>
internal sealed record ExitFilter
{
    /// <summary>These reasons only: KVM's names, lower-case, without <c>KVM_EXIT_</c>.</summary>
    public IReadOnlyList<string> Reasons { get; init; } = [];

    /// <summary>Accesses to these devices only; <c>(nobody)</c> for those that no device answered.</summary>
    public IReadOnlyList<string> Devices { get; init; } = [];

    /// <summary>Accesses to these addresses only.</summary>
    public IReadOnlyList<TraceRange> Ranges { get; init; } = [];

    /// <summary>These vCPUs only.</summary>
    public IReadOnlyList<int> Vcpus { get; init; } = [];

    /// <summary>What is said in place of a device's name where there is none.</summary>
    public const string Nobody = "(nobody)";

    /// <summary>Whether it lets everything through.</summary>
    public bool IsOpen => Reasons.Count == 0 && Devices.Count == 0 && Ranges.Count == 0 && Vcpus.Count == 0;

    /// <summary>Whether all of it is there: one that was read as JSON may lack what it should not.</summary>
    [JsonIgnore]
    public bool IsSound => Reasons is not null && Devices is not null && Vcpus is not null && Ranges is not null && !Ranges.Contains(null!);

    /// <summary>Whether an exit is wanted.</summary>
    public bool Wants(TracedExit exit) =>
        Wants(exit.Vcpu) && Wants(exit.Reason) && (Devices.Count == 0 || (exit.Access != AccessKind.None && WantsDevice(exit.Device?.Name))) && WantsAddress(exit.Access, exit.Address);

    /// <summary>Whether a vCPU's exits are wanted.</summary>
    public bool Wants(int vcpu) => Vcpus.Count == 0 || Vcpus.Contains(vcpu);

    /// <summary>Whether exits for a reason are wanted.</summary>
    public bool Wants(KvmExitReason reason)
    {
        if (Reasons.Count == 0)
            return true;
        string name = ExitReasonName.Of(reason);
        return Reasons.Contains(name, StringComparer.Ordinal);
    }

    /// <summary>Whether steps are wanted: exits for <c>debug</c>, which are no access to anything.</summary>
    [JsonIgnore]
    public bool WantsSteps => Wants(KvmExitReason.KVM_EXIT_DEBUG) && Devices.Count == 0 && Ranges.Count == 0;

    /// <summary>Whether accesses to a device are wanted.</summary>
    /// <param name="name">Its name; null where nobody answered.</param>
    public bool WantsDevice(string? name) => Devices.Count == 0 || Devices.Contains(name ?? Nobody, StringComparer.Ordinal);

    /// <summary>Whether accesses to an address are wanted.</summary>
    public bool WantsAddress(AccessKind access, ulong address)
    {
        if (Ranges.Count == 0)
            return true;
        if (access is not (AccessKind.PortRead or AccessKind.PortWrite or AccessKind.MemoryRead or AccessKind.MemoryWrite))
            return false;
        bool port = access is AccessKind.PortRead or AccessKind.PortWrite;
        foreach (TraceRange range in Ranges)
        {
            if (range.Ports == port && range.Contains(address))
                return true;
        }
        return false;
    }
}
