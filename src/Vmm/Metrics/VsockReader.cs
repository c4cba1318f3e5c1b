using Vmm.Devices.Virtio.Vsock;
using Vmm.Machine.Build;

namespace Vmm.Metrics;

/// <summary>Reads the socket device's figures.</summary>
internal static class VsockReader
{
    /// <summary>Reads them. Takes no lock: who looks on must not hold up a device.</summary>
    /// <param name="vm">The machine.</param>
    /// <param name="before">What it did in earlier starts of the guest; null for nothing.</param>
    /// <returns>Null for a machine that has none.</returns>
    public static VsockMetrics? Read(MicroVm vm, VsockMetrics? before)
    {
        if (vm.Device<VirtioVsock>() is not { } device)
            return null;
        VsockCounters counters = device.Counters;
        return new VsockMetrics
        {
            Name = device.Name,
            Connections = counters.Connections,
            OpenedByGuest = counters.OpenedByGuest + (before?.OpenedByGuest ?? 0),
            OpenedByHost = counters.OpenedByHost + (before?.OpenedByHost ?? 0),
            Refused = counters.Refused + (before?.Refused ?? 0),
            ResetsSent = counters.ResetsSent + (before?.ResetsSent ?? 0),
            BadPackets = counters.BadPackets + (before?.BadPackets ?? 0),
            PacketsFromGuest = counters.PacketsFromGuest + (before?.PacketsFromGuest ?? 0),
            BytesFromGuest = counters.BytesFromGuest + (before?.BytesFromGuest ?? 0),
            PacketsToGuest = counters.PacketsToGuest + (before?.PacketsToGuest ?? 0),
            BytesToGuest = counters.BytesToGuest + (before?.BytesToGuest ?? 0),
        };
    }
}
