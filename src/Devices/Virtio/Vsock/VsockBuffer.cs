using Vmm.Devices.Backends;
using Vmm.Devices.Virtio.Queue;

namespace Vmm.Devices.Virtio.Vsock;

/// <summary>What a guest sent and the host did not take yet, in order. Holds memory for what is in it only; credit bounds it.</summary>
internal struct VsockBuffer
{
    private VsockChunk? _first;
    private VsockChunk? _last;

    /// <summary>Bytes in it.</summary>
    public uint Length { get; private set; }

    /// <summary>Copies a part of a chain's readable bytes to the end.</summary>
    public void Append(VsockChunkPool pool, DescriptorChain chain, uint offset, uint length)
    {
        Length += length;
        while (length > 0)
        {
            if (_last is null || _last.End == VsockChunk.Size)
                AddChunk(pool);
            Span<byte> room = _last!.Room;
            int count = chain.Read(offset, room[..(int)Math.Min((uint)room.Length, length)]);
            _last.End += count;
            offset += (uint)count;
            length -= (uint)count;
        }
    }

    /// <summary>Lists what is at its beginning, as far as there is room for it.</summary>
    /// <returns>How many segments were filled.</returns>
    public readonly int List(Span<HostSegment> segments)
    {
        int count = 0;
        for (VsockChunk? chunk = _first; chunk is not null && count < segments.Length; chunk = chunk.Next)
            segments[count++] = new HostSegment(chunk.Address, (nuint)(chunk.End - chunk.Start));
        return count;
    }

    /// <summary>Takes bytes off its beginning.</summary>
    public void Remove(VsockChunkPool pool, uint count)
    {
        Length -= count;
        while (count > 0)
        {
            VsockChunk chunk = _first!;
            uint held = (uint)(chunk.End - chunk.Start);
            if (count < held)
            {
                chunk.Start += (int)count;
                return;
            }
            count -= held;
            _first = chunk.Next;
            if (_first is null)
                _last = null;
            pool.Return(chunk);
        }
    }

    private void AddChunk(VsockChunkPool pool)
    {
        VsockChunk chunk = pool.Rent();
        if (_last is null)
            _first = chunk;
        else
            _last.Next = chunk;
        _last = chunk;
    }
}
