using Vmm.Devices.Backends;
using Vmm.Devices.Virtio.Queue;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Devices.Virtio.Net;

/// <summary>
/// Receive buffers that were taken from a queue before there is a frame for them: a frame is read straight into the first
/// of them, and how many it needs is known only then. In the order of the queue; allocates nothing.
/// </summary>
internal sealed class StagedBuffers
{
    /// <summary>Pieces of memory that one system call takes (IOV_MAX of limits.h is 1024), less one before and one behind.</summary>
    public const int MostSegments = 1022;

    private readonly Chain[] _chains;
    private readonly HostSegment[] _segments;
    private readonly int _capacity;
    private int _first;
    private int _end;

    /// <summary>Makes room.</summary>
    /// <param name="queueSize">Chains that there can be.</param>
    /// <param name="chainCapacity">Segments that a chain can have.</param>
    public StagedBuffers(int queueSize, int chainCapacity)
    {
        _capacity = queueSize;
        // Twice the room, so that moving up what is left costs next to nothing a chain.
        _chains = new Chain[2 * queueSize];
        _segments = new HostSegment[2 * (MostSegments + chainCapacity)];
    }

    /// <summary>Chains that are here.</summary>
    public int Count => _end - _first;

    /// <summary>Bytes in all of them.</summary>
    public ulong Bytes { get; private set; }

    /// <summary>Whether no more chains can be taken.</summary>
    public bool IsFull => Count == _capacity || SegmentEnd - SegmentStart >= MostSegments;

    /// <summary>A chain, from the front.</summary>
    public Chain this[int index] => _chains[_first + index];

    private int SegmentStart => Count == 0 ? 0 : _chains[_first].Start;

    private int SegmentEnd => Count == 0 ? 0 : _chains[_end - 1].Start + _chains[_end - 1].Count;

    /// <summary>Takes a chain's writable part in, at the end. Not when <see cref="IsFull"/>.</summary>
    public void Add(DescriptorChain chain)
    {
        ReadOnlySpan<BufferSegment> writable = chain.Writable;
        if (Count == 0)
            _first = _end = 0;
        if (_end == _chains.Length || SegmentEnd + writable.Length > _segments.Length)
            MoveUp();
        int at = SegmentEnd;
        _chains[_end++] = new Chain(chain.Head, at, writable.Length, chain.WritableLength);
        foreach (ref readonly BufferSegment segment in writable)
            _segments[at++] = new HostSegment(segment.Host, segment.Length);
        Bytes += chain.WritableLength;
    }

    /// <summary>Lets go of the first chains.</summary>
    public void RemoveFirst(int count)
    {
        for (; count > 0; count--)
            Bytes -= _chains[_first++].Length;
    }

    /// <summary>Lets go of the last chain.</summary>
    /// <returns>Its head.</returns>
    public ushort RemoveLast()
    {
        Chain last = _chains[--_end];
        Bytes -= last.Length;
        return last.Head;
    }

    /// <summary>Lists memory for a frame: from behind the room for Virtio's header in the first chain, on to where there is enough.</summary>
    /// <param name="into">Filled; it has room for <see cref="MostSegments"/>.</param>
    /// <param name="enough">Bytes that will do, header included.</param>
    /// <param name="chains">How many chains may be used.</param>
    /// <param name="room">How many bytes they have, header included.</param>
    /// <returns>Segments listed.</returns>
    public int List(Span<HostSegment> into, ulong enough, int chains, out ulong room)
    {
        room = 0;
        int listed = 0;
        ulong skip = NetworkDevice.HeaderSize;
        for (int i = _first; i < _first + chains && room < enough; i++)
        {
            foreach (ref readonly HostSegment segment in Segments(_chains[i]))
            {
                ulong skipped = Math.Min(skip, segment.Length);
                skip -= skipped;
                room += segment.Length;
                if (skipped == segment.Length)
                    continue;
                if (listed == MostSegments)
                {
                    room -= segment.Length;
                    return listed;
                }
                into[listed++] = new HostSegment(segment.Address + (nint)skipped, segment.Length - (nuint)skipped);
            }
        }
        return listed;
    }

    /// <summary>Copies bytes in, over all chains as one.</summary>
    /// <param name="offset">From the first byte of the first chain.</param>
    /// <param name="source">Has room there.</param>
    public unsafe void Write(ulong offset, ReadOnlySpan<byte> source)
    {
        for (int i = _first; i < _end && !source.IsEmpty; i++)
        {
            if (offset >= _chains[i].Length)
            {
                offset -= _chains[i].Length;
                continue;
            }
            foreach (ref readonly HostSegment segment in Segments(_chains[i]))
            {
                ulong skipped = Math.Min(offset, segment.Length);
                offset -= skipped;
                int count = (int)Math.Min(segment.Length - skipped, (ulong)source.Length);
                source[..count].CopyTo(new Span<byte>((byte*)segment.Address + skipped, count));
                source = source[count..];
            }
        }
    }

    private ReadOnlySpan<HostSegment> Segments(in Chain chain) => _segments.AsSpan(chain.Start, chain.Count);

    private void MoveUp()
    {
        int start = SegmentStart;
        _segments.AsSpan(start, SegmentEnd - start).CopyTo(_segments);
        int count = Count;
        for (int i = 0; i < count; i++)
        {
            Chain chain = _chains[_first + i];
            _chains[i] = chain with { Start = chain.Start - start };
        }
        (_first, _end) = (0, count);
    }

    /// <summary>One chain.</summary>
    /// <param name="Head">Its head.</param>
    /// <param name="Start">The first of its segments.</param>
    /// <param name="Count">Its segments.</param>
    /// <param name="Length">Its bytes.</param>
    internal readonly record struct Chain(ushort Head, int Start, int Count, ulong Length);
}
