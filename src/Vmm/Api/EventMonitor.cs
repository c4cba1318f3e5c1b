using System.Text;
using System.Text.Json;
using Vmm.Control;
using Vmm.Host;

namespace Vmm.Api;

/// <summary>
/// Writes what happens as JSON, one document an event and a blank line between them, as Cloud Hypervisor's event monitor
/// does. Nothing waits for its reader: an event that does not fit is dropped and counted.
/// </summary>
internal sealed unsafe class EventMonitor : IDisposable
{
    private const string Separator = "\n\n";

    /// <summary>A pipe has room for so much at once when it is writable at all (limits.h: PIPE_BUF).</summary>
    private const int LargestEvent = 4096;

    /// <summary>rw-------: events name the VM's files.</summary>
    private const uint OwnerOnly = 0b110_000_000;

    private readonly SafeFd _fd;
    private readonly DateTimeOffset _start;
    private bool _broken;
    private long _dropped;

    /// <summary>Opens it. Not created when it is there: a FIFO of the reader's is what most give.</summary>
    /// <param name="where">The file or FIFO, or an open descriptor.</param>
    /// <param name="clock">Tells the time.</param>
    /// <exception cref="VmmException">It cannot be opened.</exception>
    public EventMonitor(EndPoint where, TimeProvider clock)
    {
        _start = clock.GetUtcNow();
        _fd = where.Fd is int fd ? Inherit(fd) : Open(where.Path!);
    }

    /// <summary>Events that could not be written.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Writes one event. Called by one thread at a time.</summary>
    public void Write(MachineEvent what)
    {
        byte[] text = Encoding.UTF8.GetBytes((_broken ? Separator : "") + Format(what) + Separator);
        if (text.Length > LargestEvent || !HasRoom())
        {
            Interlocked.Increment(ref _dropped);
            return;
        }
        nint written;
        fixed (byte* start = text)
            written = Linux.write(_fd.Number, start, (nuint)text.Length);
        // Half an event must not run into the next one.
        _broken = written > 0 && written < text.Length;
        if (written < text.Length)
            Interlocked.Increment(ref _dropped);
    }

    /// <inheritdoc/>
    public void Dispose() => _fd.Dispose();

    private static SafeFd Inherit(int fd) => Linux.fcntl(fd, Linux.F_GETFL, 0) >= 0
        ? new SafeFd(fd)
        : throw new VmmException($"--event-monitor: fd={fd} is not open", ExitCodes.Usage);

    /// <summary>For reading too: a FIFO can then be opened before its reader comes, and keeps what was written until then.</summary>
    private static SafeFd Open(string path)
    {
        const int Flags = Linux.O_CREAT | Linux.O_APPEND | Linux.O_NONBLOCK | Linux.O_NOCTTY | Linux.O_CLOEXEC;
        int fd = Linux.open(path, Linux.O_RDWR | Flags, OwnerOnly);
        return fd >= 0 ? new SafeFd(fd)
            : throw new VmmException($"--event-monitor: cannot open '{Machine.Config.Printable.Escape(path)}': {FileFault.WhyNotWritten(Linux.LastError)}");
    }

    private bool HasRoom()
    {
        Linux.pollfd poll = new() { fd = _fd.Number, events = Linux.POLLOUT };
        Linux.timespec now = default;
        return Linux.ppoll(&poll, 1, &now, null) == 1 && (poll.revents & Linux.POLLOUT) != 0 && (poll.revents & Linux.POLLERR) == 0;
    }

    private string Format(MachineEvent what)
    {
        TimeSpan since = what.Time > _start ? what.Time - _start : TimeSpan.Zero;
        using MemoryStream text = new();
        using (Utf8JsonWriter json = new(text, new() { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteStartObject("timestamp");
            json.WriteNumber("secs", since.Ticks / TimeSpan.TicksPerSecond);
            json.WriteNumber("nanos", since.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick);
            json.WriteEndObject();
            json.WriteString("source", what.Source);
            json.WriteString("event", what.Name);
            WriteProperties(json, what.Properties);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(text.ToArray());
    }

    private static void WriteProperties(Utf8JsonWriter json, IReadOnlyDictionary<string, string>? properties)
    {
        if (properties is null)
        {
            json.WriteNull("properties");
            return;
        }
        json.WriteStartObject("properties");
        foreach ((string key, string value) in properties)
            json.WriteString(key, value);
        json.WriteEndObject();
    }
}
