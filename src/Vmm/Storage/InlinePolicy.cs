using System.Diagnostics;

namespace Vmm.Storage;

/// <summary>
/// Decides whether requests that may or may not have to wait run on the caller's thread. Most writes into the page
/// cache take a few microseconds, far less than handing them to another thread; but when the host throttles writers
/// they sleep, and then the caller must not be the one who does.
/// </summary>
/// <remarks>Counts on one caller at a time; a lost update does no harm.</remarks>
internal sealed class InlinePolicy
{
    /// <summary>What no copy into the page cache takes, whatever the machine.</summary>
    private const double SlowMilliseconds = 1.0;

    /// <summary>And on top of that for each MiB.</summary>
    private const double SlowMillisecondsPerMiB = 2.0;

    /// <summary>Requests that go to other threads after a slow one. A single one may only have lost its processor for a moment.</summary>
    private const int FirstPenalty = 8;

    /// <summary>The penalty doubles with each slow one that follows, up to this.</summary>
    private const int LongestPenalty = 512;

    private int _handOffs;
    private int _penalty = FirstPenalty;

    /// <summary>Whether the next one should run on the caller's thread.</summary>
    public bool ShouldTry()
    {
        if (_handOffs == 0)
            return true;
        _handOffs--;
        return false;
    }

    /// <summary>Learns how long one took.</summary>
    /// <param name="started">From <see cref="Stopwatch.GetTimestamp"/>.</param>
    /// <param name="bytes">How much it moved.</param>
    public void Took(long started, ulong bytes)
    {
        double limit = SlowMilliseconds + SlowMillisecondsPerMiB * bytes / (1 << 20);
        if (Stopwatch.GetElapsedTime(started).TotalMilliseconds <= limit)
        {
            _penalty = FirstPenalty;
            return;
        }
        _handOffs = _penalty;
        _penalty = Math.Min(_penalty * 2, LongestPenalty);
    }
}
