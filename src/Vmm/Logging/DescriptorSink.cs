using Microsoft.Extensions.Logging;
using Vmm.Host;

namespace Vmm.Logging;

/// <summary>Lines to a descriptor: standard error, or what a file's name led to (a FIFO, a device).</summary>
/// <param name="fd">Where to; not closed.</param>
/// <param name="level">The least serious messages to take.</param>
/// <param name="form">What a line looks like.</param>
internal sealed unsafe class DescriptorSink(int fd, LogLevel level, Func<LogEntry, byte[]> form) : ILogSink
{
    private const long PatienceNanoseconds = 100_000_000;

    private bool _stalled;
    private bool _torn;

    /// <inheritdoc/>
    public LogLevel Level => level;

    /// <inheritdoc/>
    public bool Write(LogEntry entry) => Write(form(entry));

    /// <summary>Writes one line; what a full disk cut off before stays a line of its own.</summary>
    public bool Write(byte[] line)
    {
        if (_torn)
            line = [(byte)'\n', .. line];
        fixed (byte* start = line)
        {
            int done = 0;
            while (done < line.Length)
            {
                nint written = IsWritable() ? Linux.write(fd, start + done, (nuint)(line.Length - done)) : 0;
                if (written < 0 && Linux.LastError is Errno.EINTR or Errno.EAGAIN)
                    continue;
                if (written <= 0)
                    break;
                done += (int)written;
            }
            // A lone newline that got through has ended the torn line.
            _torn = done == 0 ? _torn : line[done - 1] != (byte)'\n';
            return done == line.Length;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    /// <summary>Waits a moment for a slow reader, but once only: the other places where the log goes wait behind it.</summary>
    private bool IsWritable()
    {
        Linux.pollfd descriptor = new() { fd = fd, events = Linux.POLLOUT };
        Linux.timespec patience = new() { tv_nsec = _stalled ? 0 : PatienceNanoseconds };
        int ready;
        do
        {
            ready = Linux.ppoll(&descriptor, 1, &patience, null);
        }
        while (ready < 0 && Linux.Interrupted);
        _stalled = ready == 0;
        return !_stalled;
    }
}
