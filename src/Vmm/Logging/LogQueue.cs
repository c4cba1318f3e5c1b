using Vmm.Host;

namespace Vmm.Logging;

/// <summary>
/// Messages on their way to the places where the log goes, written by one thread of its own: whoever logs never waits,
/// neither for a disk nor for a reader. What does not fit is dropped and counted.
/// </summary>
internal sealed class LogQueue(IReadOnlyList<ILogSink> sinks)
{
    /// <summary>Messages that can wait.</summary>
    public const int Capacity = 1024;

    /// <summary>Characters, about, that those may hold.</summary>
    public const int CostLimit = 1 << 20;

    /// <summary>How long the end of the process waits for the thread: a busy host may run it late, and a disk may hang.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly object _lock = new();
    private readonly Queue<LogEntry> _waiting = new();
    private Thread? _writer;
    private int _cost;
    private long _written;
    private long _dropped;
    private bool _stopping;
    private bool _abandoned;

    /// <summary>Lines that a place took.</summary>
    public long Written => Interlocked.Read(ref _written);

    /// <summary>Lines that are lost.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>How many messages wait now, and the characters they hold, about.</summary>
    public (int Messages, int Cost) Waiting
    {
        get
        {
            lock (_lock)
                return (_waiting.Count, _cost);
        }
    }

    /// <summary>Takes a message; never blocks. The thread starts with the first one.</summary>
    public void Add(LogEntry entry)
    {
        lock (_lock)
        {
            if (_stopping || _waiting.Count == Capacity || _cost > CostLimit - entry.Cost || !HasWriter())
            {
                Interlocked.Increment(ref _dropped);
                return;
            }
            _waiting.Enqueue(entry);
            _cost += entry.Cost;
            Monitor.Pulse(_lock);
        }
    }

    /// <summary>Writes out what is waiting, for as long as the places take it, and ends.</summary>
    /// <returns>False when something had to be given up; the thread may still be at a place.</returns>
    public bool Finish()
    {
        lock (_lock)
        {
            if (_stopping)
                return !_abandoned;
            _stopping = true;
            if (_writer is null)
                return true;
            Monitor.Pulse(_lock);
        }
        if (_writer.Join(s_patience))
            return true;
        lock (_lock)
        {
            _abandoned = true;
            Interlocked.Add(ref _dropped, _waiting.Count);
            _waiting.Clear();
            _cost = 0;
        }
        return false;
    }

    private bool HasWriter()
    {
        if (_writer is not null)
            return true;
        Thread writer = new(WriteLoop, maxStackSize: 256 << 10) { Name = "log", IsBackground = true };
        // A host that is out of threads will have some again.
        if (HostThread.TryStart(writer))
            _writer = writer;
        return _writer is not null;
    }

    private void WriteLoop()
    {
        while (Take() is LogEntry entry)
            Write(entry);
    }

    /// <summary>Waits for a message; null when there will be none.</summary>
    private LogEntry? Take()
    {
        lock (_lock)
        {
            LogEntry? entry;
            while (!_waiting.TryDequeue(out entry))
            {
                if (_stopping)
                    return null;
                Monitor.Wait(_lock);
            }
            _cost -= entry.Cost;
            return entry;
        }
    }

    private void Write(LogEntry entry)
    {
        foreach (ILogSink sink in sinks)
        {
            if (entry.Level >= sink.Level)
                Interlocked.Increment(ref TryWrite(sink, entry) ? ref _written : ref _dropped);
        }
    }

    /// <summary>Nothing that a place does may end the machine.</summary>
    private static bool TryWrite(ILogSink sink, LogEntry entry)
    {
        try
        {
            return sink.Write(entry);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException or VmmException or HostException or ArgumentException or OutOfMemoryException)
        {
            return false;
        }
    }
}
