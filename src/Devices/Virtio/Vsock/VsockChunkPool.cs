namespace Vmm.Devices.Virtio.Vsock;

/// <summary>Chunks that are in no buffer at the moment: busy connections allocate none. A few are kept, the collector gets the rest.</summary>
internal sealed class VsockChunkPool
{
    private const int MostSpare = 128;

    private VsockChunk? _spare;
    private int _count;

    /// <summary>An empty chunk.</summary>
    public VsockChunk Rent()
    {
        if (_spare is not VsockChunk chunk)
            return new VsockChunk();
        _spare = chunk.Next;
        _count--;
        chunk.Next = null;
        chunk.Start = chunk.End = 0;
        return chunk;
    }

    /// <summary>Takes a chunk back.</summary>
    public void Return(VsockChunk chunk)
    {
        if (_count == MostSpare)
            return;
        chunk.Next = _spare;
        _spare = chunk;
        _count++;
    }
}
