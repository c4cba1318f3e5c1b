using Vmm.Devices.State;
using Vmm.Devices.Virtio.Spec;
using Vmm.Host;
using Vmm.Inspect.Report;
using Vmm.Machine.Config;

namespace Vmm.Inspect.Views;

/// <summary>Virtio queues: where they are and how far, and what waits in them.</summary>
internal static class QueuesView
{
    /// <summary>The most descriptors that are shown.</summary>
    private const int MostShown = 512;

    /// <summary>All queues, or those of one device with the chains that wait in them.</summary>
    /// <exception cref="VmmException">There is no such device.</exception>
    public static InspectReport Of(InspectedMachine machine, string? device)
    {
        IReadOnlyList<VirtioSection> devices = VirtioSection.All(machine);
        if (device is null)
            return InspectReport.Of(Devices(devices), Queues(machine, devices));
        VirtioSection one = devices.FirstOrDefault(section => section.Name == device)
            ?? throw InspectRules.Wrong($"there is no virtio device '{Printable.Escape(device)}'{Suggestion.For(device, devices.Select(section => section.Name))}{(devices.Count == 0 ? ": there are none" : $" (there are {string.Join(", ", devices.Select(section => section.Name))})")}");
        List<InspectBlock> blocks = [Devices([one]), Queues(machine, [one])];
        int left = MostShown;
        for (int i = 0; i < one.State.Queues.Length; i++)
        {
            QueueRings rings = new(machine.Read, one.State.Queues[i]);
            if (!rings.IsReadable)
                continue;
            IReadOnlyList<IReadOnlyList<WaitingDescriptor>> chains = rings.WaitingChains(left);
            left -= chains.Sum(chain => chain.Count);
            blocks.Add(Chains(i, chains));
        }
        return new InspectReport(blocks);
    }

    private static InspectBlock Devices(IReadOnlyList<VirtioSection> devices) => InspectBlock.Table("devices", ["device", "kind", "status", "features"],
        [.. devices.Select(device => (IReadOnlyList<InspectCell>)[device.Name, device.Kind, InspectCell.Of(Status(device.State.Status)), InspectCell.Hex(device.State.DriverFeatures)])])
        with
    { Empty = "no virtio devices" };

    private static InspectBlock Queues(InspectedMachine machine, IReadOnlyList<VirtioSection> devices) => InspectBlock.Table("queues",
        ["device", "queue", "state", "size", "descriptors", "avail ring", "used ring", "avail", "used", "taken", "waiting", "not returned", "interrupts", "notifications"],
        [.. devices.SelectMany(device => device.State.Queues.Select((queue, i) => Row(machine, device, i, queue)))])
        with
    { Empty = "none" };

    private static IReadOnlyList<InspectCell> Row(InspectedMachine machine, VirtioSection device, int index, VirtqueueState queue)
    {
        QueueRings rings = new(machine.Read, queue);
        List<InspectCell> row =
        [
            device.Name, index, queue.Stopped ? "stopped: the driver broke its rules" : queue.Enabled ? "on" : "off", queue.Size,
            InspectCell.Hex(queue.Descriptors), InspectCell.Hex(queue.Avail), InspectCell.Hex(queue.Used),
        ];
        if (!rings.IsReadable)
            return [.. row, .. Enumerable.Repeat(InspectCell.None, 7)];
        bool events = (device.State.DriverFeatures >> FeatureBits.VIRTIO_RING_F_EVENT_IDX & 1) != 0;
        return
        [
            .. row, rings.AvailIndex, rings.UsedIndex, queue.Index, rings.Waiting, (ushort)(rings.AvailIndex - rings.UsedIndex),
            events ? $"at used {rings.UsedEvent}" : (rings.AvailFlags & SplitRingLayout.VIRTQ_AVAIL_F_NO_INTERRUPT) != 0 ? "not wanted" : "wanted",
            events ? $"at avail {rings.AvailEvent}" : (rings.UsedFlags & SplitRingLayout.VIRTQ_USED_F_NO_NOTIFY) != 0 ? "not wanted" : "wanted",
        ];
    }

    private static InspectBlock Chains(int queue, IReadOnlyList<IReadOnlyList<WaitingDescriptor>> chains) => InspectBlock.Table($"queue {queue}, chains that wait",
        ["chain", "head", "descriptor", "address", "bytes", "for", "next", "remark"],
        [.. chains.SelectMany((chain, i) => chain.Select(d => (IReadOnlyList<InspectCell>)[i, chain[0].Index, d.InTable ? $"indirect {d.Index}" : $"{d.Index}", InspectCell.Hex(d.Address), d.Length, For(d), (d.Flags & SplitRingLayout.VIRTQ_DESC_F_NEXT) != 0 ? (InspectCell)d.Next : "", d.Remark ?? ""]))])
        with
    { Empty = "none" };

    private static string For(WaitingDescriptor d) =>
        (d.Flags & SplitRingLayout.VIRTQ_DESC_F_INDIRECT) != 0 ? "a table of descriptors" : (d.Flags & SplitRingLayout.VIRTQ_DESC_F_WRITE) != 0 ? "the device to write" : "the device to read";

    private static List<string> Status(byte status)
    {
        (byte Bit, string Name)[] names =
        [
            (DeviceStatus.VIRTIO_CONFIG_S_ACKNOWLEDGE, "acknowledged"), (DeviceStatus.VIRTIO_CONFIG_S_DRIVER, "driver"), (DeviceStatus.VIRTIO_CONFIG_S_FEATURES_OK, "features-ok"),
            (DeviceStatus.VIRTIO_CONFIG_S_DRIVER_OK, "driver-ok"), (DeviceStatus.VIRTIO_CONFIG_S_NEEDS_RESET, "needs-reset"), (DeviceStatus.VIRTIO_CONFIG_S_FAILED, "failed"),
        ];
        List<string> set = [.. names.Where(name => (status & name.Bit) != 0).Select(name => name.Name)];
        return set.Count == 0 ? ["reset"] : set;
    }
}
