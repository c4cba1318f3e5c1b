using Vmm.Devices.Bus;

namespace Vmm.Machine.Exits;

/// <summary>One vCPU's accesses to one device.</summary>
/// <param name="device">The device; null for accesses that nobody answered.</param>
internal sealed class DeviceExits(IBusDevice? device)
{
    /// <summary>The device; null for accesses that nobody answered.</summary>
    public IBusDevice? Device { get; } = device;

    /// <summary>How long it took to answer.</summary>
    public LatencyHistogram Latency { get; } = new();
}
