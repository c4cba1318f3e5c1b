using Vmm.Devices.Bus;
using Vmm.Kvm.Abi;

namespace Vmm.Machine.Exits;

/// <summary>One vCPU's exits for one reason, answered by one device.</summary>
/// <param name="reason">Why the guest was left.</param>
/// <param name="device">Who answered; null when nobody did, and for exits that are no access.</param>
internal sealed class ExitKind(KvmExitReason reason, IBusDevice? device)
{
    /// <summary>Why the guest was left.</summary>
    public KvmExitReason Reason { get; } = reason;

    /// <summary>Who answered; null when nobody did, and for exits that are no access.</summary>
    public IBusDevice? Device { get; } = device;

    /// <summary>Whether it is an access to a port or to memory, which a device answers, or nobody.</summary>
    public bool IsAccess => Reason is KvmExitReason.KVM_EXIT_IO or KvmExitReason.KVM_EXIT_MMIO;

    /// <summary>How long each took to answer.</summary>
    public LatencyHistogram Latency { get; } = new();

    /// <summary>How long the vCPU was within KVM_RUN before each of them, since it had entered it last. Up to a kick is not part of it.</summary>
    public LatencyHistogram Run { get; } = new();
}
