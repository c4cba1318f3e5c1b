using System.Diagnostics;
using Vmm.Machine.Exits;

namespace Vmm.Snapshot.Memory;

/// <summary>How long pages were waited for. Any thread.</summary>
internal sealed class FaultTimes
{
    private const double NanosecondsInMicrosecond = 1000;

    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, long> _waiting = [];
    private readonly LatencyHistogram _times = new();

    /// <summary>Waits that are over.</summary>
    public long Count
    {
        get
        {
            lock (_lock)
                return _times.Count;
        }
    }

    /// <summary>Somebody waits for a page from now on.</summary>
    /// <param name="offset">Its first byte.</param>
    public void Begin(ulong offset)
    {
        lock (_lock)
            _waiting.TryAdd(offset, Stopwatch.GetTimestamp());
    }

    /// <summary>Pages are in place.</summary>
    /// <param name="offset">The first byte.</param>
    /// <param name="length">Bytes.</param>
    public void End(ulong offset, ulong length)
    {
        lock (_lock)
        {
            if (_waiting.Count == 0)
                return;
            // There are no more than vCPUs and threads that wait.
            foreach ((ulong page, long began) in _waiting)
            {
                if (page - offset >= length)
                    continue;
                _waiting.Remove(page);
                _times.Record((long)Stopwatch.GetElapsedTime(began).TotalNanoseconds);
            }
        }
    }

    /// <summary>The time, in microseconds, within which a share of the waits was over; to an eighth. 0 when there was none.</summary>
    /// <param name="share">0.5 for the median.</param>
    public double Percentile(double share)
    {
        lock (_lock)
            return _times.Quantile(share) / NanosecondsInMicrosecond;
    }
}
