using System.Globalization;

namespace Vmm.Metrics;

/// <summary>The families of network devices: one sample a device and pair of queues.</summary>
internal static class NetPrometheus
{
    private const string Device = "device";
    private const string Queue = "queue";

    /// <summary>Writes them.</summary>
    public static void Write(PrometheusWriter writer, IReadOnlyList<NetMetrics> nets)
    {
        writer.Gauge("vmm_net_link_up", "Whether the cable is in: 1 or 0.");
        foreach (NetMetrics net in nets)
            writer.Value(net.LinkUp ? 1 : 0, Device, net.Name);
        Direction("received", "to the guest", net => net.Received);
        Direction("sent", "from the guest", net => net.Sent);
        writer.Counter("vmm_net_throttled_total", "How often work waited because of a limit.");
        foreach (NetMetrics net in nets)
            writer.Value(net.Throttled, Device, net.Name);

        void Direction(string word, string whither, Func<NetMetrics, IReadOnlyList<NetQueueMetrics>> queues)
        {
            Family("frames", $"Frames {whither}.", queue => queue.Frames);
            Family("bytes", $"Bytes of frames {whither}.", queue => queue.Bytes);
            Family("dropped_frames", $"Frames {whither} for which there was no room, or no link.", queue => queue.Dropped);
            Family("wrong_frames", $"Frames {whither} that break the rules.", queue => queue.Errors);

            void Family(string what, string help, Func<NetQueueMetrics, long> value)
            {
                writer.Counter($"vmm_net_{word}_{what}_total", help);
                foreach (NetMetrics net in nets)
                {
                    for (int pair = 0; pair < queues(net).Count; pair++)
                        writer.Value(value(queues(net)[pair]), (Device, net.Name), (Queue, pair.ToString(CultureInfo.InvariantCulture)));
                }
            }
        }
    }
}
