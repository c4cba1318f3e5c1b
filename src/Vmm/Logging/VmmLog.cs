using Microsoft.Extensions.Logging;
using Vmm.Host;
using Vmm.Machine.Config;

namespace Vmm.Logging;

/// <summary>
/// The log of this process: gives each part of vmm its logger, limits what each site may say, and leads it to where the
/// user wants it. Costs no thread until there is a message, and no file but those that were asked for.
/// </summary>
internal sealed class VmmLog : ILoggerFactory
{
    /// <summary>The value of a message that names the device it is about.</summary>
    public const string DeviceField = "Device";

    private const int StandardErrorDescriptor = 2;
    private const string OwnCategory = "log";

    private static readonly EventId s_held = new(-1, "Held");
    private static readonly EventId s_lost = new(-2, "Lost");

    private readonly TimeProvider _clock;
    private readonly IReadOnlyList<ILogSink> _sinks;
    private readonly LogQueue _queue;
    private readonly LogSites _sites;
    private bool _disposed;

    /// <summary>A log that goes to given places.</summary>
    /// <param name="machine">The machine's name.</param>
    /// <param name="sinks">The places; disposed of with the log.</param>
    /// <param name="clock">Tells the time.</param>
    public VmmLog(string machine, IReadOnlyList<ILogSink> sinks, TimeProvider clock)
    {
        Machine = machine;
        _clock = clock;
        _sinks = sinks;
        _queue = new(sinks);
        _sites = new(clock);
        Level = sinks.Count == 0 ? LogLevel.None : sinks.Min(sink => sink.Level);
    }

    /// <summary>The machine's name as it is now.</summary>
    public string Machine { get; set; }

    /// <summary>The least serious messages that any place takes.</summary>
    public LogLevel Level { get; }

    /// <summary>What became of the messages so far.</summary>
    public LogCounters Counters => new(_queue.Written, _sites.Suppressed().Sum(site => site.Ever), _queue.Dropped);

    /// <summary>How many messages wait for their places, and the characters they hold, about.</summary>
    public (int Messages, int Cost) Waiting => _queue.Waiting;

    /// <summary>How many messages were held back at each site that said too much.</summary>
    public IReadOnlyDictionary<LogSite, long> SuppressedBySite => _sites.Suppressed().ToDictionary(site => site.Site, site => site.Ever);

    /// <summary>Opens what a machine's description asks for.</summary>
    /// <param name="config">Resolved.</param>
    /// <param name="inBackground">Whether standard error is a file, which tells the machine's life, and when.</param>
    /// <exception cref="VmmException">A file cannot be written, or there is no journal.</exception>
    public static VmmLog Open(MachineConfig config, bool inBackground = false)
    {
        List<ILogSink> sinks = [];
        try
        {
            foreach (LogConfig log in config.Log)
            {
                if (log.Target != LogTarget.Off)
                    sinks.Add(Open(log, inBackground));
            }
        }
        catch
        {
            sinks.ForEach(sink => sink.Dispose());
            throw;
        }
        return new(config.Name, sinks, TimeProvider.System);
    }

    /// <summary>The logger of a part of vmm: <c>machine</c>, <c>device</c>, <c>api</c> …</summary>
    public ILogger CreateLogger(string categoryName) => new VmmLogger(this, categoryName);

    /// <summary>There are no providers but the places where the log goes.</summary>
    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("the log's places are those of the machine's description");

    /// <summary>Whether a site may say something now. What it was refused before is told first.</summary>
    internal bool MayPass(in LogSite site, LogLevel level, string? name)
    {
        if (!_sites.TryPass(site, level, name ?? "", out long held))
            return false;
        if (held > 0)
            Tell(site.Category, level, s_held, $"{Prefix(site)}{held} more messages like the next were not shown", Values(site, name, held));
        return true;
    }

    /// <summary>Sends a message on its way; never blocks.</summary>
    internal void Add(string category, LogLevel level, EventId id, string message, IReadOnlyList<KeyValuePair<string, object?>>? values, Exception? fault) =>
        _queue.Add(LogEntry.Of(_clock.GetUtcNow(), Machine, category, level, id, message, values, fault));

    /// <summary>Tells what was held back, and writes out what is waiting, for as long as somebody takes it.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        foreach ((LogSite site, string name, LogLevel level, _, long untold) in _sites.Suppressed())
        {
            if (untold > 0)
                Tell(site.Category, level, s_held, $"{Prefix(site)}{untold} more messages '{name}' were not shown", Values(site, name, untold));
        }
        if (_queue.Dropped is long dropped and > 0)
            Tell(OwnCategory, LogLevel.Warning, s_lost, $"{dropped} lines of the log were lost: where they were to go was closed, full or too slow", new KeyValuePair<string, object?>("Dropped", dropped));
        // A thread that is still at a place keeps it: the number of a closed descriptor soon belongs to another file.
        if (!_queue.Finish())
            return;
        foreach (ILogSink sink in _sinks)
            sink.Dispose();
    }

    private static ILogSink Open(LogConfig log, bool inBackground)
    {
        LogLevel level = LogLevels.Of(log.Level ?? (inBackground ? LogThreshold.Info : LogThreshold.Warning));
        return log.Target switch
        {
            LogTarget.Journal => new JournalSink(log.Path, level),
            LogTarget.File => new FileSink(log.Path!, level, log.Format == LogFormat.Json ? LogLine.Json : LogLine.Text, log.Size),
            _ => new DescriptorSink(StandardErrorDescriptor, level, log.Format == LogFormat.Json ? LogLine.Json : inBackground ? LogLine.Text : LogLine.Terminal),
        };
    }

    private static string Prefix(in LogSite site) => site.Device.Length > 0 ? site.Device + ": " : "";

    private static KeyValuePair<string, object?>[] Values(in LogSite site, string? name, long held) =>
        [new("Held", held), new("Site", name), new(DeviceField, site.Device.Length > 0 ? site.Device : null)];

    /// <summary>What the log says about itself, past the limits.</summary>
    private void Tell(string category, LogLevel level, EventId id, string message, params KeyValuePair<string, object?>[] values)
    {
        if (level >= Level)
            Add(category, level, id, message, values, fault: null);
    }
}
