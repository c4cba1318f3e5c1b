using System.Runtime.InteropServices;
using Vmm.Devices.Bus;
using Vmm.Kvm.Abi;

namespace Vmm.Machine.Exits;

/// <summary>How often one vCPU left the guest, by reason and by device. Written by that vCPU's thread alone; adding costs a few nanoseconds.</summary>
internal sealed class ExitCounters
{
    /// <summary>One more than the highest KVM_EXIT_ number that is counted by itself.</summary>
    public const int Reasons = 40;

    private readonly long[] _byReason = new long[Reasons];
    private readonly Dictionary<IBusDevice, long> _byDevice = new(16, ReferenceEqualityComparer.Instance);

    /// <summary>Exits for each KVM_EXIT_ number; higher numbers count as KVM_EXIT_UNKNOWN.</summary>
    public ReadOnlySpan<long> ByReason => _byReason;

    /// <summary>Port and memory exits that each device answered.</summary>
    public IReadOnlyDictionary<IBusDevice, long> ByDevice => _byDevice;

    /// <summary>Port and memory exits that no device answered.</summary>
    public long Unclaimed { get; private set; }

    /// <summary>Counts an exit.</summary>
    public void Add(KvmExitReason reason)
    {
        uint index = (uint)reason;
        _byReason[index < Reasons ? index : 0]++;
    }

    /// <summary>Counts an access that <paramref name="device"/> answered; null for nobody.</summary>
    public void AddAccess(IBusDevice? device)
    {
        if (device is null)
            Unclaimed++;
        else
            CollectionsMarshal.GetValueRefOrAddDefault(_byDevice, device, out _)++;
    }
}
