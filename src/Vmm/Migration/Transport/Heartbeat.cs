using System.Diagnostics;

namespace Vmm.Migration.Transport;

/// <summary>When it is time to say how far one is, so that silence means something to the other side: every second, and well within its patience.</summary>
/// <param name="patience">How long the other side waits.</param>
internal sealed class Heartbeat(TimeSpan patience)
{
    private static readonly TimeSpan s_usual = TimeSpan.FromSeconds(1);

    private readonly TimeSpan _interval = patience < 10 * s_usual ? patience / 10 : s_usual;
    private long _spokeAt;

    /// <summary>Whether it is time. If so it has been said now; the first time it always is.</summary>
    public bool IsDue()
    {
        if (_spokeAt != 0 && Stopwatch.GetElapsedTime(_spokeAt) < _interval)
            return false;
        _spokeAt = Stopwatch.GetTimestamp();
        return true;
    }
}
