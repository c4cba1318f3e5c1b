using System.Globalization;

namespace Vmm.Metrics;

/// <summary>What a network device has done, in one line.</summary>
internal static class NetStatsText
{
    /// <summary>Both directions, all queues together.</summary>
    public static string Of(NetMetrics net)
    {
        string pairs = net.Sent.Count > 1 ? string.Create(CultureInfo.InvariantCulture, $"; {net.Sent.Count} pairs of queues") : "";
        return $"received {Direction(net.Received)}; sent {Direction(net.Sent)}; link {(net.LinkUp ? "up" : "down")}{pairs}";
    }

    private static string Direction(IReadOnlyList<NetQueueMetrics> queues)
    {
        long dropped = queues.Sum(queue => queue.Dropped), errors = queues.Sum(queue => queue.Errors);
        string lost = (dropped > 0 ? $", {Number(dropped)} dropped" : "") + (errors > 0 ? $", {Number(errors)} wrong" : "");
        return string.Create(CultureInfo.InvariantCulture, $"{Number(queues.Sum(queue => queue.Frames))} frames, {queues.Sum(queue => queue.Bytes) / 1048576.0:0.#} MiB{lost}");
    }

    private static string Number(long value) => value.ToString("#,0", CultureInfo.InvariantCulture);
}
