using Vmm.Devices.Backends;
using Vmm.Devices.Virtio.Queue;

namespace Vmm.Devices.Virtio.Vsock;

/// <summary>The part of a chain that holds data, as a back end takes it.</summary>
internal static class VsockSegments
{
    /// <summary>Lists bytes of a chain, as far as there are segments for them.</summary>
    /// <param name="chain">Its readable or writable part.</param>
    /// <param name="skip">Bytes at its beginning to leave out.</param>
    /// <param name="length">Bytes to list.</param>
    /// <param name="into">Filled.</param>
    /// <returns>How many segments were filled.</returns>
    public static int Take(ReadOnlySpan<BufferSegment> chain, uint skip, uint length, Span<HostSegment> into)
    {
        int count = 0;
        foreach (ref readonly BufferSegment segment in chain)
        {
            if (length == 0 || count == into.Length)
                break;
            uint skipped = Math.Min(skip, segment.Length);
            skip -= skipped;
            uint taken = Math.Min(segment.Length - skipped, length);
            if (taken == 0)
                continue;
            into[count++] = new HostSegment(segment.Host + (nint)skipped, taken);
            length -= taken;
        }
        return count;
    }
}
