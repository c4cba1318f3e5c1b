namespace Vmm.Devices.Virtio.Vsock;

/// <summary>A piece of a <see cref="VsockBuffer"/>. Pinned, because the kernel writes a socket from it.</summary>
internal sealed class VsockChunk
{
    /// <summary>Bytes in a chunk. A buffer has one that is not full at each end.</summary>
    public const int Size = (int)VsockWindows.Smallest;

    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(Size, pinned: true);

    /// <summary>The next of a buffer, or of the spare ones.</summary>
    public VsockChunk? Next;

    /// <summary>Where what it holds begins.</summary>
    public int Start;

    /// <summary>Where it ends.</summary>
    public int End;

    /// <summary>Room left.</summary>
    public Span<byte> Room => _bytes.AsSpan(End);

    /// <summary>Where in this process it begins.</summary>
    public nint Address => System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(_bytes, Start);
}
