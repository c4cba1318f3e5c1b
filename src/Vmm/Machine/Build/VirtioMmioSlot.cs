using Vmm.Guest.Memory;

namespace Vmm.Machine.Build;

/// <summary>Where a virtio-mmio device lives: its register page and its interrupt.</summary>
/// <param name="Address">The first register.</param>
/// <param name="Gsi">The interrupt controller input, edge-triggered.</param>
internal readonly record struct VirtioMmioSlot(GuestAddress Address, uint Gsi)
{
    /// <summary>
    /// The inputs that nothing else uses: first those of the I/O APIC alone, then ISA ones. Not the timers (0, 8), the
    /// cascade (2), the serial line (4), the keyboard and mouse (1, 12), ACPI events (9) and a second serial line (3).
    /// </summary>
    private static readonly uint[] s_gsis = [16, 17, 18, 19, 20, 21, 22, 23, 10, 11, 5, 6, 7, 13, 14, 15];

    /// <summary>How many there are.</summary>
    public static int Count => s_gsis.Length;

    /// <summary>The slot of a number, from 0.</summary>
    public static VirtioMmioSlot Of(int index) =>
        new(new GuestAddress(MemoryLayout.VirtioMmioStart + (ulong)index * MemoryLayout.VirtioMmioStride), s_gsis[index]);
}
