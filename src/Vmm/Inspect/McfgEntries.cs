namespace Vmm.Inspect;

/// <summary>Where an MCFG says that PCI configuration space is in memory, in words (PCI Firmware 3.3, 4.1.2).</summary>
internal static class McfgEntries
{
    private const int First = AcpiTable.HeaderSize + 8, Size = 16, SegmentAt = 8;
    private const int BytesABus = 1 << 20;

    /// <summary>There are no more segments in any machine.</summary>
    private const int Most = 256;

    /// <summary>Its entries, in order.</summary>
    public static IEnumerable<string> Of(AcpiTable mcfg)
    {
        for (int at = First, count = 0; at + Size <= mcfg.Content.Length && count < Most; at += Size, count++)
        {
            uint place = mcfg.U32(at + SegmentAt);
            (uint segment, byte first, byte last) = (place & ushort.MaxValue, (byte)(place >> 16), (byte)(place >> 24));
            yield return first <= last
                ? $"segment {segment}, buses {first} to {last}: 0x{mcfg.U64(at) + (ulong)first * BytesABus:x}, {last - first + 1} MiB"
                : $"segment {segment}, buses {first} to {last}, which cannot be: the table is damaged";
        }
    }
}
