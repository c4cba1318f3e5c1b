using Vmm.Guest.Memory;
using Vmm.Machine;
using Vmm.Snapshot.Memory;

namespace Vmm.Coredump;

/// <summary>The RAM of a machine that stands still, without touching pages that were never touched.</summary>
/// <param name="ram">The RAM.</param>
internal sealed unsafe class RamPages(GuestRam ram) : IPageSource
{
    /// <summary>The pages that can be other than zeros.</summary>
    public DirtyBitmap Touched { get; } = TouchedPages.Of(ram);

    /// <inheritdoc/>
    public bool TryRead(ulong offset, Span<byte> destination)
    {
        for (int done = 0; done < destination.Length; done += (int)DirtyBitmap.PageSize)
        {
            Span<byte> page = destination.Slice(done, (int)DirtyBitmap.PageSize);
            ulong at = offset + (ulong)done;
            if (Touched.IsMarked(at))
                new ReadOnlySpan<byte>((byte*)ram.Start + at, page.Length).CopyTo(page);
            else
                page.Clear();
        }
        return true;
    }
}
