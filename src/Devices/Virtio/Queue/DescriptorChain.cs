using System.Runtime.CompilerServices;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Devices.Virtio.Queue;

/// <summary>
/// One request of the driver: first the buffers to read, then the buffers to write, as host memory. Made once and filled
/// again and again; a device that has several chains in flight has an object for each.
/// </summary>
public sealed class DescriptorChain
{
    private readonly BufferSegment[] _segments;
    private int _readable;
    private int _count;

    /// <summary>Makes room for a chain.</summary>
    /// <param name="capacity">The most segments that a chain can have here; a longer chain is <see cref="ChainStatus.TooLong"/>.</param>
    public DescriptorChain(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _segments = new BufferSegment[capacity];
    }

    /// <summary>The most segments that fit.</summary>
    public int Capacity => _segments.Length;

    /// <summary>Number of the first descriptor: what is given back to the driver.</summary>
    public ushort Head { get; internal set; }

    /// <summary>What the device may read, in order.</summary>
    public ReadOnlySpan<BufferSegment> Readable => _segments.AsSpan(0, _readable);

    /// <summary>What the device may write, in order.</summary>
    public ReadOnlySpan<BufferSegment> Writable => _segments.AsSpan(_readable, _count - _readable);

    /// <summary>Bytes to read in all, at most 2³².</summary>
    public ulong ReadableLength { get; private set; }

    /// <summary>Bytes to write in all, at most 2³².</summary>
    public ulong WritableLength { get; private set; }

    /// <summary>Copies bytes out of the readable part.</summary>
    /// <param name="offset">From its start.</param>
    /// <param name="destination">Filled as far as there are bytes.</param>
    /// <returns>How many were copied.</returns>
    public int Read(ulong offset, Span<byte> destination)
    {
        int done = 0;
        foreach (ref readonly BufferSegment segment in Readable)
        {
            if (done == destination.Length)
                break;
            if (TrySkip(segment, ref offset, out nint host, out uint length))
                done += CopyOut(host, length, destination[done..]);
        }
        return done;
    }

    /// <summary>Copies bytes into the writable part.</summary>
    /// <param name="offset">From its start.</param>
    /// <param name="source">Taken as far as there is room.</param>
    /// <returns>How many were copied.</returns>
    public int Write(ulong offset, ReadOnlySpan<byte> source)
    {
        int done = 0;
        foreach (ref readonly BufferSegment segment in Writable)
        {
            if (done == source.Length)
                break;
            if (TrySkip(segment, ref offset, out nint host, out uint length))
                done += CopyIn(host, length, source[done..]);
        }
        return done;
    }

    /// <summary>Whether a buffer to write has come by; from then on none to read may follow. 2.7.4.2.</summary>
    internal bool SawWritable { get; set; }

    internal void Clear(ushort head)
    {
        Head = head;
        _readable = _count = 0;
        ReadableLength = WritableLength = 0;
        SawWritable = false;
    }

    /// <summary>Whether the total stays within what a chain may describe.</summary>
    internal bool TryCount(uint length, bool writable)
    {
        if (length > SplitRingLayout.MaxChainBytes - ReadableLength - WritableLength)
            return false;
        if (writable)
            WritableLength += length;
        else
            ReadableLength += length;
        return true;
    }

    /// <summary>Takes bytes off again that turned out not to be RAM.</summary>
    internal void Uncount(uint length, bool writable)
    {
        if (writable)
            WritableLength -= length;
        else
            ReadableLength -= length;
    }

    /// <summary>Appends a segment; readable ones come first. False when there is no room.</summary>
    internal bool TryAppend(nint host, uint length, bool writable)
    {
        if (_count == _segments.Length)
            return false;
        _segments[_count++] = new BufferSegment(host, length);
        if (!writable)
            _readable = _count;
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TrySkip(in BufferSegment segment, ref ulong offset, out nint host, out uint length)
    {
        uint skip = (uint)Math.Min(offset, segment.Length);
        offset -= skip;
        host = segment.Host + (nint)skip;
        length = segment.Length - skip;
        return length > 0;
    }

    private static unsafe int CopyOut(nint host, uint length, Span<byte> destination)
    {
        int count = (int)Math.Min(length, (uint)destination.Length);
        new ReadOnlySpan<byte>((void*)host, count).CopyTo(destination);
        return count;
    }

    private static unsafe int CopyIn(nint host, uint length, ReadOnlySpan<byte> source)
    {
        int count = (int)Math.Min(length, (uint)source.Length);
        source[..count].CopyTo(new Span<byte>((void*)host, count));
        return count;
    }
}
