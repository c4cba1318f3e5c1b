using Vmm.Devices.Backends;
using Vmm.Host;

namespace Vmm.Consoles;

/// <summary>
/// The console of a machine that has no terminal: remembers what the guest printed last, and lets any number of readers
/// come and go. A vCPU that prints never waits for one: who is too slow misses something, and is told how much.
/// </summary>
internal sealed unsafe class ConsoleHub : IByteSink, IDisposable
{
    /// <summary>How much is remembered: the log of a whole boot of Linux.</summary>
    public const int Capacity = 128 << 10;

    private readonly byte[] _ring = new byte[Capacity];
    private readonly object _monitor = new();
    private readonly SafeFd _typedEnd;
    private readonly SafeFd _pumpEnd;
    private readonly Lock _starting = new();
    private long _written;
    private int _waiting;
    private bool _pumping;
    private bool _ended;

    /// <summary>Prepares the hub; threads come with the first reader and the first input.</summary>
    public ConsoleHub()
    {
        int* ends = stackalloc int[2];
        if (Linux.pipe2(ends, Linux.O_CLOEXEC | Linux.O_NONBLOCK) < 0)
            throw HostException.Last("pipe2");
        _pumpEnd = new SafeFd(ends[0]);
        _typedEnd = new SafeFd(ends[1]);
        Input = new ConsolePump(_pumpEnd.Number, new Terminal(_pumpEnd.Number), static _ => { });
    }

    /// <summary>Carries what is typed to the guest.</summary>
    public ConsolePump Input { get; }

    /// <summary>Takes what is typed when its turn comes: wait for POLLOUT before typing more than was taken.</summary>
    public SafeFd TypedEnd => _typedEnd;

    /// <summary>Whether the machine is over: nothing will be printed any more.</summary>
    public bool HasEnded
    {
        get
        {
            lock (_monitor)
                return _ended;
        }
    }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        lock (_monitor)
        {
            _written += Math.Max(0, bytes.Length - Capacity);
            if (bytes.Length > Capacity)
                bytes = bytes[^Capacity..];
            int end = (int)(_written % Capacity);
            int first = Math.Min(bytes.Length, Capacity - end);
            bytes[..first].CopyTo(_ring.AsSpan(end));
            bytes[first..].CopyTo(_ring);
            _written += bytes.Length;
            if (_waiting > 0)
                Monitor.PulseAll(_monitor);
        }
    }

    /// <summary>Where a reader begins that wants to see what was printed before it came.</summary>
    public long Oldest
    {
        get
        {
            lock (_monitor)
                return Math.Max(0, _written - Capacity);
        }
    }

    /// <summary>Waits for what comes after a position, and copies it.</summary>
    /// <param name="position">Where the reader is, in bytes since the start; moved on.</param>
    /// <param name="buffer">Takes it.</param>
    /// <param name="patience">How long to wait for anything.</param>
    /// <param name="lost">Bytes that were overwritten before this reader came for them.</param>
    /// <returns>How much was copied; 0 when nothing came.</returns>
    public int Read(ref long position, Span<byte> buffer, TimeSpan patience, out long lost)
    {
        lock (_monitor)
        {
            if (position == _written && !_ended)
            {
                _waiting++;
                Monitor.Wait(_monitor, patience);
                _waiting--;
            }
            lost = Math.Max(0, _written - Capacity - position);
            position += lost;
            int count = (int)Math.Min(buffer.Length, _written - position);
            int start = (int)(position % Capacity);
            int first = Math.Min(count, Capacity - start);
            _ring.AsSpan(start, first).CopyTo(buffer);
            _ring.AsSpan(0, count - first).CopyTo(buffer[first..]);
            position += count;
            return count;
        }
    }

    /// <summary>Types; never waits.</summary>
    /// <returns>How many bytes were taken; the rest when <see cref="TypedEnd"/> is writable.</returns>
    public int Type(ReadOnlySpan<byte> bytes)
    {
        lock (_starting)
        {
            if (_ended)
                return bytes.Length;
            EnsurePumping();
            fixed (byte* start = bytes)
                return (int)Math.Max(0, Linux.write(_typedEnd.Number, start, (nuint)bytes.Length));
        }
    }

    /// <summary>Sends a break, after what was typed before it.</summary>
    public void SendBreak()
    {
        lock (_starting)
        {
            if (_ended)
                return;
            EnsurePumping();
            Input.SendBreak();
        }
    }

    /// <summary>Tells all readers that nothing comes any more.</summary>
    public void EndOutput()
    {
        lock (_monitor)
        {
            _ended = true;
            Monitor.PulseAll(_monitor);
        }
    }

    /// <summary>Ends output and input.</summary>
    public void Dispose()
    {
        EndOutput();
        lock (_starting)
        {
            Input.Dispose();
            _typedEnd.Dispose();
            _pumpEnd.Dispose();
        }
    }

    private void EnsurePumping()
    {
        if (!_pumping)
            Input.Start();
        _pumping = true;
    }
}
