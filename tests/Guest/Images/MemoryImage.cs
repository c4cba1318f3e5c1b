using Vmm.Guest.Boot;

namespace Vmm.Tests.Guest.Images;

/// <summary>An image that lives in an array, and can pretend to have been longer when it was opened.</summary>
internal sealed class MemoryImage(string name, byte[] bytes, ulong? claimedLength = null) : IImageSource
{
    public string Name => name;

    public ulong Length => claimedLength ?? (ulong)bytes.Length;

    public int Read(ulong offset, Span<byte> destination)
    {
        if (offset >= (ulong)bytes.Length)
            return 0;
        int count = (int)Math.Min((ulong)destination.Length, (ulong)bytes.Length - offset);
        bytes.AsSpan((int)offset, count).CopyTo(destination);
        return count;
    }
}
