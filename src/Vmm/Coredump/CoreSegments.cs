using Vmm.Inspect;

namespace Vmm.Coredump;

/// <summary>
/// The ranges of memory that a core file tells of. Where a Linux kernel is found they are where it has them: its image, and all memory
/// by its direct map. Else the virtual address is the physical one.
/// </summary>
internal static class CoreSegments
{
    /// <summary>How many there are at most.</summary>
    public static int Most(IReadOnlyList<MemorySlot> slots) => slots.Count + 1;

    /// <summary>Lists them.</summary>
    /// <param name="slots">The ranges of RAM, one behind the other in the file.</param>
    /// <param name="read">Reads it.</param>
    /// <param name="told">What the guest's kernel tells of itself; empty for nothing.</param>
    public static IReadOnlyList<CoreSegment> Of(IReadOnlyList<MemorySlot> slots, ReadMemory read, ReadOnlySpan<byte> told)
    {
        KernelMap? kernel = KernelMap.Find(told, read);
        ulong direct = kernel?.DirectMap ?? 0;
        // A base that is none, for all that the guest says.
        if (slots.Any(slot => direct + slot.Start + (slot.Size - 1) < direct))
            direct = 0;
        List<CoreSegment> segments = new(Most(slots));
        ulong offset = 0;
        foreach (MemorySlot slot in slots)
        {
            if (kernel is not null && slot.Contains(kernel.ImageAt))
            {
                ulong inside = kernel.ImageAt - slot.Start;
                // First, as the kernel's own dumps have it.
                segments.Insert(0, new CoreSegment(offset + inside, kernel.Image, kernel.ImageAt, Math.Min(kernel.ImageSize, slot.Size - inside)));
            }
            segments.Add(new CoreSegment(offset, direct + slot.Start, slot.Start, slot.Size));
            offset += slot.Size;
        }
        return segments;
    }
}
