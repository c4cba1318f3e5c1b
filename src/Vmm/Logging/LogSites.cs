using Microsoft.Extensions.Logging;

namespace Vmm.Logging;

/// <summary>The rate limit of every place that logs.</summary>
/// <param name="clock">Tells the time.</param>
internal sealed class LogSites(TimeProvider clock)
{
    /// <summary>Warnings and errors of one site that pass at once; then one each ten seconds.</summary>
    public const int Burst = 5;

    /// <summary>What the machine's life may say at once; then one line a second.</summary>
    public const int LifeBurst = 20;

    /// <summary>Details may be many, but a log's disk is not for a guest to fill.</summary>
    public const int DetailBurst = 1000;

    /// <summary>Sites come from the code and the configuration. Should one ever come from a guest, those past this share a limit.</summary>
    private const int MostSites = 1024;

    /// <summary>How often warnings pass after the burst.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private static readonly LogSite s_others = new("other", 0, "");

    private readonly Lock _lock = new();
    private readonly Dictionary<LogSite, (RateLimit Limit, LogLevel Level, string Event)> _sites = [];

    /// <summary>Asks to log one message of a site.</summary>
    /// <param name="site">Where it comes from.</param>
    /// <param name="level">How serious it is.</param>
    /// <param name="name">What it is called, for telling later what was held back.</param>
    /// <param name="held">When it may: how many of that site were held back since the last one.</param>
    public bool TryPass(in LogSite site, LogLevel level, string name, out long held)
    {
        RateLimit limit;
        lock (_lock)
        {
            LogSite key = _sites.Count < MostSites || _sites.ContainsKey(site) ? site : s_others;
            if (!_sites.TryGetValue(key, out (RateLimit Limit, LogLevel Level, string Event) known))
                _sites[key] = known = (Limit(level), level, name);
            limit = known.Limit;
        }
        return limit.TryPass(out held);
    }

    /// <summary>What was held back at each site, ever and since the last message that passed.</summary>
    public IReadOnlyList<(LogSite Site, string Event, LogLevel Level, long Ever, long Untold)> Suppressed()
    {
        lock (_lock)
        {
            List<(LogSite, string, LogLevel, long, long)> all = [];
            foreach ((LogSite site, (RateLimit limit, LogLevel level, string name)) in _sites)
            {
                if (limit.HeldEver > 0)
                    all.Add((site, name, level, limit.HeldEver, limit.Held));
            }
            return all;
        }
    }

    private RateLimit Limit(LogLevel level) => level switch
    {
        >= LogLevel.Warning => new(clock, Burst, Interval),
        LogLevel.Information => new(clock, LifeBurst, TimeSpan.FromSeconds(1)),
        _ => new(clock, DetailBurst, TimeSpan.FromMilliseconds(10)),
    };
}
