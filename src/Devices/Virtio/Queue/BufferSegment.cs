namespace Vmm.Devices.Virtio.Queue;

/// <summary>A piece of a guest buffer that is contiguous in the host. The guest may change its content at any moment.</summary>
/// <param name="Host">Where the host has it mapped; good until the chain is completed.</param>
/// <param name="Length">Bytes, never 0.</param>
public readonly record struct BufferSegment(nint Host, uint Length)
{
    /// <summary>The first bytes, as many as a span can have, for one copy. Never check through it what is used later (house rule 2).</summary>
    public unsafe Span<byte> Span => new((void*)Host, (int)Math.Min(Length, int.MaxValue));
}
