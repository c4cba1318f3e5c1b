using Vmm.Devices.Backends;
using Vmm.Host;

namespace Vmm.Consoles;

/// <summary>
/// What the guest prints, on its way to a descriptor. Bytes go into a bounded ring, which a thread of its own empties: a
/// vCPU never waits for a slow reader. What does not fit, or finds the descriptor closed, is dropped and counted.
/// </summary>
/// <remarks>
/// Serial ports print byte by byte. So after each write the thread lets bytes gather for a moment: a boot's log costs a
/// system call a millisecond instead of one a character, and the vCPU signals the thread only when it had gone idle.
/// </remarks>
internal sealed unsafe class OutputSink : IByteSink, IDisposable
{
    /// <summary>How much a stalled reader can leave waiting.</summary>
    public const int Capacity = 1 << 20;

    private const int GatherMilliseconds = 1;

    /// <summary>With this much waiting there is nothing to gather.</summary>
    private const int EnoughToWrite = 4096;

    private readonly int _fd;
    private readonly SafeFd? _owned;
    private readonly byte[] _ring = GC.AllocateUninitializedArray<byte>(Capacity, pinned: true);
    private readonly Lock _lock = new();
    private readonly AutoResetEvent _wake = new(false);
    private readonly Thread _writer;
    private int _start;
    private int _count;
    private long _dropped;
    private long _written;
    private bool _idle = true;
    private bool _broken;
    private Errno _refusal;
    private bool _stopping;
    private bool _started;

    /// <summary>Prepares a sink; its thread starts with the first byte.</summary>
    /// <param name="fd">Where to; not closed.</param>
    /// <param name="threadName">At most 15 characters.</param>
    public OutputSink(int fd, string threadName)
    {
        _fd = fd;
        _writer = new Thread(WriteLoop, maxStackSize: 256 << 10) { Name = threadName, IsBackground = true };
    }

    /// <summary>Prepares a sink that closes its descriptor in the end.</summary>
    public OutputSink(SafeFd fd, string threadName)
        : this(fd.Number, threadName) => _owned = fd;

    /// <summary>How long the reader may take nothing, at the end, before it is given up.</summary>
    public TimeSpan StallLimit { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Bytes that were not written, and will not be.</summary>
    public long Dropped
    {
        get
        {
            lock (_lock)
                return _dropped;
        }
    }

    /// <summary>Why nothing is written any more, such as ENOSPC; null while something may be.</summary>
    public Errno? Refusal
    {
        get
        {
            lock (_lock)
                return _refusal == Errno.None ? null : _refusal;
        }
    }

    /// <summary>Bytes that wait to be written.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock)
                return _count;
        }
    }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        bool wake;
        lock (_lock)
        {
            int taken = _broken || _stopping ? 0 : Math.Min(bytes.Length, Capacity - _count);
            _dropped += bytes.Length - taken;
            if (taken == 0)
                return;
            int end = (_start + _count) % Capacity;
            int first = Math.Min(taken, Capacity - end);
            bytes[..first].CopyTo(_ring.AsSpan(end));
            bytes[first..taken].CopyTo(_ring);
            _count += taken;
            wake = _idle;
            _idle = false;
            if (!_started)
            {
                _started = HostThread.TryStart(_writer);
                _broken = !_started;
                if (_broken)
                {
                    // The guest goes on without being heard.
                    _dropped += _count;
                    _count = 0;
                    return;
                }
            }
        }
        if (wake)
            _wake.Set();
    }

    /// <summary>Writes out what is waiting, for as long as the reader takes any of it, and ends.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_stopping)
                return;
            _stopping = true;
        }
        _wake.Set();
        if (_started && !JoinWhileMoving())
            return;
        _owned?.Dispose();
        _wake.Dispose();
    }

    /// <summary>A reader that takes nothing for a while must not keep the process.</summary>
    private bool JoinWhileMoving()
    {
        long before = -1;
        while (!_writer.Join(StallLimit))
        {
            lock (_lock)
            {
                if (_written == before)
                {
                    _dropped += _count;
                    return false;
                }
                before = _written;
            }
        }
        return true;
    }

    private void WriteLoop()
    {
        while (TakeWaiting() is (int start, int length))
        {
            if (length == 0)
            {
                _wake.WaitOne();
                continue;
            }
            int written = WriteOnce(start, length, out Errno refusal);
            if (Advance(written, refusal) < EnoughToWrite)
                _wake.WaitOne(GatherMilliseconds);
        }
    }

    /// <summary>What can be written in one piece; nothing yet, or null when all is done.</summary>
    private (int Start, int Length)? TakeWaiting()
    {
        lock (_lock)
        {
            if (_count > 0)
                return (_start, Math.Min(_count, Capacity - _start));
            _idle = true;
            return _stopping ? null : (0, 0);
        }
    }

    /// <summary>Bytes written; -1 when the descriptor takes no more, ever.</summary>
    private int WriteOnce(int start, int length, out Errno refusal)
    {
        refusal = Errno.None;
        fixed (byte* ring = _ring)
        {
            while (true)
            {
                nint result = Linux.write(_fd, ring + start, (nuint)length);
                if (result >= 0)
                    return (int)result;
                if (Linux.LastError == Errno.EAGAIN)
                    WaitUntilWritable();
                else if (!Linux.Interrupted)
                {
                    refusal = Linux.LastError;
                    return -1;
                }
            }
        }
    }

    private void WaitUntilWritable()
    {
        Linux.pollfd descriptor = new() { fd = _fd, events = Linux.POLLOUT };
        _ = Linux.ppoll(&descriptor, 1, null, null);
    }

    /// <summary>Notes what was written; returns what is waiting still.</summary>
    private int Advance(int written, Errno refusal)
    {
        lock (_lock)
        {
            if (written < 0)
            {
                _refusal = refusal;
                // EPIPE, ENOSPC, EIO: nobody reads what the guest prints. The guest goes on.
                _broken = true;
                _dropped += _count;
                _count = 0;
                return 0;
            }
            _written += written;
            _count -= written;
            // Back to the front whenever it is empty: a quiet console touches few pages of the ring.
            _start = _count == 0 ? 0 : (_start + written) % Capacity;
            return _stopping ? EnoughToWrite : _count;
        }
    }
}
