using Microsoft.Extensions.Logging;
using Vmm.Logging;

namespace Vmm.Tests.Vmm.Logging;

/// <summary>Keeps what it is given; can be made to stand still, or to refuse.</summary>
internal sealed class ListSink(LogLevel level = LogLevel.Trace) : ILogSink
{
    public List<LogEntry> Entries { get; } = [];

    public IEnumerable<string> Lines => Entries.Select(entry => entry.Message);

    /// <summary>Writing waits for this.</summary>
    public ManualResetEventSlim Open { get; } = new(true);

    public bool Refuses { get; init; }

    public bool IsDisposed { get; private set; }

    public LogLevel Level => level;

    public bool Write(LogEntry entry)
    {
        Open.Wait();
        if (!Refuses)
            Entries.Add(entry);
        return !Refuses;
    }

    public void Dispose() => IsDisposed = true;
}
