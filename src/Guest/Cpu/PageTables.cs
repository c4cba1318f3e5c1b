using System.Runtime.InteropServices;
using Vmm.Guest.Cpu.Paging;
using Vmm.Guest.Memory;

namespace Vmm.Guest.Cpu;

/// <summary>Writes four-level page tables that map addresses to themselves with 2 MiB pages (Intel SDM 3A, 4.5).</summary>
public static class PageTables
{
    /// <summary>Bytes that the tables for <paramref name="gibibytes"/> GiB take: a top table, a directory-pointer table, and a directory for each GiB.</summary>
    public static ulong SizeFor(int gibibytes) => (2UL + (ulong)gibibytes) * MemoryLayout.PageSize;

    /// <summary>Writes the tables at a page-aligned address.</summary>
    /// <param name="memory">Guest RAM.</param>
    /// <param name="address">Where the top table goes; CR3 points here.</param>
    /// <param name="gibibytes">How much is mapped, 1 to 512.</param>
    /// <param name="user">Whether code at CPL 3 may use the mapping.</param>
    /// <exception cref="ArgumentOutOfRangeException">The place is not RAM.</exception>
    public static void WriteIdentity(GuestMemory memory, GuestAddress address, int gibibytes, bool user = false)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(address.IsAligned(MemoryLayout.PageSize), true);
        ArgumentOutOfRangeException.ThrowIfLessThan(gibibytes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(gibibytes, PageLevels.EntriesPerTable);
        ulong rights = PageEntry.Present | PageEntry.Writable | (user ? PageEntry.User : 0);
        GuestAddress pointers = address + MemoryLayout.PageSize;
        GuestAddress directories = pointers + MemoryLayout.PageSize;

        Span<ulong> table = stackalloc ulong[PageLevels.EntriesPerTable];
        table.Clear();
        table[0] = pointers.Value | rights;
        Write(memory, address, table);

        table.Clear();
        for (int i = 0; i < gibibytes; i++)
            table[i] = (directories.Value + ((ulong)i * MemoryLayout.PageSize)) | rights;
        Write(memory, pointers, table);

        for (int i = 0; i < gibibytes; i++)
        {
            for (int entry = 0; entry < PageLevels.EntriesPerTable; entry++)
                table[entry] = ((ulong)i << PageLevel.PDPT.Shift()) | ((ulong)entry << PageLevel.PD.Shift()) | rights | PageEntry.LargePage;
            Write(memory, directories + ((ulong)i * MemoryLayout.PageSize), table);
        }
    }

    private static void Write(GuestMemory memory, GuestAddress address, ReadOnlySpan<ulong> table)
    {
        if (!memory.TryWrite(address, MemoryMarshal.AsBytes(table)))
            throw new ArgumentOutOfRangeException(nameof(address), $"no RAM for a page table at {address}");
    }
}
