namespace Vmm.Migration.Sending;

/// <summary>Decides after each round whether there is another, and how much a guest that writes too much is held back. Knows numbers only.</summary>
/// <param name="options">What was asked for.</param>
internal sealed class Convergence(MigrationOptions options)
{
    /// <summary>What the hand-over costs beside memory, as it is projected before it was measured.</summary>
    private static readonly TimeSpan s_handOver = TimeSpan.FromMilliseconds(5);

    /// <summary>A round of less says little of the link.</summary>
    private const ulong FewBytes = 1 << 20;

    /// <summary>Less than this is not worth another round, however short that would be.</summary>
    private const ulong NextToNothing = 256 << 10;

    /// <summary>Before anything was measured: a link of 1 Gbit/s, unless less is allowed.</summary>
    private const double UsualBandwidth = 125e6;

    /// <summary>Rounds after which a hybrid migration switches, even if each has halved the rest.</summary>
    private const int MostHybridRounds = 5;

    /// <summary>In seconds; more could not be told.</summary>
    private const double LongestProjection = 1e9;

    private const int FirstThrottle = 20;
    private const int ThrottleStep = 10;
    private const int MostThrottle = 99;

    private ulong _before = ulong.MaxValue;
    private int _tooMuch;
    private int _rounds;

    /// <summary>Bytes in a second that can be sent; a guess before <see cref="IsMeasured"/>.</summary>
    public double Bandwidth { get; private set; } = options.Bandwidth > 0 ? Math.Min(options.Bandwidth, UsualBandwidth) : UsualBandwidth;

    /// <summary>Whether a round has told what the link can carry.</summary>
    public bool IsMeasured { get; private set; }

    /// <summary>Bytes in a second that the guest writes to.</summary>
    public double DirtyRate { get; private set; }

    /// <summary>How long the guest would be held if that began now.</summary>
    public TimeSpan Projected { get; private set; }

    /// <summary>The share of time for which vCPUs are to be held, in percent.</summary>
    public int Throttle { get; private set; }

    /// <summary>Judges a round, or one that takes longer than all of it may.</summary>
    /// <param name="sent">Bytes of memory that it sent.</param>
    /// <param name="took">How long it took.</param>
    /// <param name="written">Bytes of memory that were written meanwhile.</param>
    /// <param name="elapsed">How long memory is being sent in all.</param>
    /// <param name="unsent">Bytes of memory that it did not come to.</param>
    public NextStep After(ulong sent, TimeSpan took, ulong written, TimeSpan elapsed, ulong unsent = 0)
    {
        // What is both is counted twice: rather too much than too little.
        ulong pending = written + unsent;
        double seconds = Math.Max(took.TotalSeconds, 1e-6);
        // A round that is not over has kept the link busy all the time.
        if (sent >= FewBytes || sent / seconds > Bandwidth || (sent > 0 && unsent > 0))
        {
            Bandwidth = sent / seconds;
            IsMeasured = true;
        }
        DirtyRate = written / seconds;
        // A hand-over of 5 ms must not make a limit below that impossible.
        TimeSpan handOver = s_handOver < options.Downtime / 2 ? s_handOver : options.Downtime / 2;
        Projected = TimeSpan.FromSeconds(Math.Min(pending / Bandwidth, LongestProjection)) + handOver;
        // What fits may still be made less: a round that halves it is cheap for the guest, its pause is not.
        bool shrinks = pending <= _before / 2 && pending > NextToNothing;
        if (Projected <= options.Downtime && !shrinks)
            return NextStep.Hold;
        bool halves = pending <= _before / 2;
        if (options.Mode == MigrationMode.Hybrid && (!halves || ++_rounds >= MostHybridRounds || elapsed >= options.Timeout))
            return Projected <= options.Downtime ? NextStep.Hold : NextStep.Switch;
        if (elapsed >= options.Timeout)
            return Projected <= options.Downtime ? NextStep.Hold : AtTimeout(options.OnTimeout);
        if (options.AutoConverge)
            Adjust(pending, sent);
        _before = pending;
        return NextStep.Round;
    }

    private static NextStep AtTimeout(TimeoutPolicy policy) => policy switch
    {
        TimeoutPolicy.Continue => NextStep.Hold,
        TimeoutPolicy.Postcopy => NextStep.Switch,
        _ => NextStep.Cancel,
    };

    /// <summary>A guest that wrote in two rounds more than half of what they sent is held back, and each time more.</summary>
    private void Adjust(ulong pending, ulong sent)
    {
        if (pending <= sent / 2)
        {
            _tooMuch = 0;
            return;
        }
        if (++_tooMuch < 2)
            return;
        Throttle = Throttle == 0 ? FirstThrottle : Math.Min(Throttle + ThrottleStep, MostThrottle);
    }
}
