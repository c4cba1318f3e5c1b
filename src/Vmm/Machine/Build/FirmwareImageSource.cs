using Vmm.Guest.Boot;

namespace Vmm.Machine.Build;

/// <summary>A tiny guest, assembled in memory, as something to boot from.</summary>
internal sealed class FirmwareImageSource(string name, byte[] image) : IImageSource
{
    /// <inheritdoc/>
    public string Name => $"firmware {name}";

    /// <inheritdoc/>
    public ulong Length => (ulong)image.Length;

    /// <inheritdoc/>
    public int Read(ulong offset, Span<byte> destination)
    {
        if (offset >= Length)
            return 0;
        ReadOnlySpan<byte> rest = image.AsSpan((int)offset);
        int count = Math.Min(rest.Length, destination.Length);
        rest[..count].CopyTo(destination);
        return count;
    }
}
