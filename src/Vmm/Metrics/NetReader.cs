using Vmm.Devices.Virtio.Net;

namespace Vmm.Metrics;

/// <summary>Reads a network device's figures.</summary>
internal static class NetReader
{
    /// <summary>Reads them. Takes no lock: who looks on must not hold up a device.</summary>
    /// <param name="net">The device.</param>
    /// <param name="before">What it did in earlier starts of the guest; null for nothing.</param>
    public static NetMetrics Read(VirtioNet net, NetMetrics? before) => new()
    {
        Name = net.Name,
        LinkUp = net.IsLinkUp,
        Throttled = net.Throttled + (before?.Throttled ?? 0),
        Received = Queues(net, net.Received, before?.Received),
        Sent = Queues(net, net.Sent, before?.Sent),
    };

    private static NetQueueMetrics[] Queues(VirtioNet net, Func<int, NetworkQueueCounters> counters, IReadOnlyList<NetQueueMetrics>? before) =>
        [.. Enumerable.Range(0, net.Options.QueuePairs).Select(pair => Queue(counters(pair), pair < before?.Count ? before[pair] : null))];

    private static NetQueueMetrics Queue(NetworkQueueCounters counters, NetQueueMetrics? before) => new()
    {
        Frames = counters.Frames + (before?.Frames ?? 0),
        Bytes = counters.Bytes + (before?.Bytes ?? 0),
        Dropped = counters.Dropped + (before?.Dropped ?? 0),
        Errors = counters.Errors + (before?.Errors ?? 0),
        Filtered = counters.Filtered + (before?.Filtered ?? 0),
    };
}
