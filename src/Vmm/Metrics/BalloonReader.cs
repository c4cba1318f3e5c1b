using Vmm.Devices.Virtio.Balloon;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Metrics;

/// <summary>Reads a balloon's figures.</summary>
internal static class BalloonReader
{
    /// <summary>Reads them, as they are now.</summary>
    /// <param name="balloon">The balloon.</param>
    /// <param name="before">What it did in earlier starts of the guest; null for nothing.</param>
    public static BalloonMetrics Read(VirtioBalloon balloon, BalloonMetrics? before)
    {
        BalloonStatus status = balloon.Status;
        BalloonCounters counters = balloon.Counters;
        return new BalloonMetrics
        {
            TargetBytes = Bytes(status.TargetPages),
            ActualBytes = Bytes(status.ActualPages),
            HasDriver = status.IsActive,
            ReleasedBytes = counters.ReleasedBytes + (before?.ReleasedBytes ?? 0),
            ReportedBytes = counters.ReportedBytes + (before?.ReportedBytes ?? 0),
            KeptBytes = counters.KeptBytes + (before?.KeptBytes ?? 0),
            SkippedPages = counters.OutsidePages + counters.RepeatedPages + (before?.SkippedPages ?? 0),
            Guest = status.Updates > 0 ? status.Statistics : null,
        };
    }

    private static long Bytes(long pages) => pages * (long)BalloonDevice.PageSize;
}
