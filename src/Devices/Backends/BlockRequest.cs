using System.Runtime.InteropServices;

namespace Vmm.Devices.Backends;

/// <summary>
/// One request to a disk. Made once by a device and used again and again: after warm-up nothing is allocated a request.
/// </summary>
/// <remarks>
/// The life of one: the device fills it in (<see cref="Begin"/>, then segments or ranges), submits it and lets go of it;
/// the back end does the work, calling <see cref="Advance"/> as far as it got, and hands it back with
/// <see cref="Complete"/>. The segments point straight into guest RAM: nothing is copied on the way.
/// </remarks>
public abstract class BlockRequest
{
    private const int FirstCapacity = 8;

    // Pinned, because the kernel reads it as an array of struct iovec.
    private HostSegment[] _segments = NewSegments(FirstCapacity);
    private int _first;
    private int _end;
    private BlockRange[] _ranges = [];
    private int _rangeCount;

    /// <summary>What to do.</summary>
    public BlockOperation Operation { get; private set; }

    /// <summary>Where on the disk the next byte goes to or comes from. Moves on with <see cref="Advance"/>.</summary>
    public ulong Offset { get; private set; }

    /// <summary>Bytes still to be moved.</summary>
    public ulong Remaining { get; private set; }

    /// <summary>For writes: they must survive a power cut once completed (write-through).</summary>
    public bool Durable { get; set; }

    /// <summary>The next in a list of whoever holds the request at the moment: the device's free list or the back end's queue.</summary>
    public BlockRequest? Next { get; set; }

    /// <summary>What is left of the memory to be read into or written from.</summary>
    public Span<HostSegment> Segments => _segments.AsSpan(_first, _end - _first);

    /// <summary>The ranges of a discard or a write of zeroes.</summary>
    public ReadOnlySpan<BlockRange> Ranges => _ranges.AsSpan(0, _rangeCount);

    /// <summary>Host address of the first of <see cref="Segments"/>, an array that the collector does not move.</summary>
    public nint SegmentsAddress => Marshal.UnsafeAddrOfPinnedArrayElement(_segments, _first);

    /// <summary>Makes it a new request without segments or ranges.</summary>
    public void Begin(BlockOperation operation, ulong offset)
    {
        Operation = operation;
        Offset = offset;
        Remaining = 0;
        Durable = false;
        Next = null;
        _first = _end = _rangeCount = 0;
    }

    /// <summary>Adds a run of memory. Runs that adjoin become one.</summary>
    public void AddSegment(nint address, nuint length)
    {
        if (length == 0)
            return;
        Remaining += length;
        if (_end > 0)
        {
            ref HostSegment last = ref _segments[_end - 1];
            if (last.Address + (nint)last.Length == address)
            {
                last = new HostSegment(last.Address, last.Length + length);
                return;
            }
        }
        if (_end == _segments.Length)
        {
            HostSegment[] larger = NewSegments(_segments.Length * 2);
            _segments.CopyTo(larger, 0);
            _segments = larger;
        }
        _segments[_end++] = new HostSegment(address, length);
    }

    /// <summary>Adds a range to discard or to zero.</summary>
    public void AddRange(in BlockRange range)
    {
        if (_rangeCount == _ranges.Length)
            Array.Resize(ref _ranges, Math.Max(1, _ranges.Length * 2));
        _ranges[_rangeCount++] = range;
    }

    /// <summary>Records that the next <paramref name="bytes"/> were moved, at most <see cref="Remaining"/>.</summary>
    public void Advance(ulong bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, Remaining);
        Offset += bytes;
        Remaining -= bytes;
        while (bytes > 0)
        {
            ref HostSegment segment = ref _segments[_first];
            if (bytes < segment.Length)
            {
                segment = new HostSegment(segment.Address + (nint)bytes, segment.Length - (nuint)bytes);
                return;
            }
            bytes -= segment.Length;
            _first++;
        }
    }

    /// <summary>Hands the request back. Called once by the back end, on any thread; after that it must not touch the request or its memory.</summary>
    public abstract void Complete(BlockStatus status);

    private static HostSegment[] NewSegments(int capacity) => GC.AllocateUninitializedArray<HostSegment>(capacity, pinned: true);
}
