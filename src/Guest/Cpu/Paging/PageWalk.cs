namespace Vmm.Guest.Cpu.Paging;

/// <summary>
/// Does by software what a processor does at a memory access: follows the guest's page tables from CR3 to a page (Intel SDM
/// 3A, chapter 4). Reads an entry a level, so that tables which point at each other end it like any others.
/// </summary>
public static class PageWalk
{
    /// <summary>Reads guest-physical memory.</summary>
    /// <param name="address">Where; a multiple of 8.</param>
    /// <param name="value">Eight bytes.</param>
    /// <returns>False where there is no RAM.</returns>
    public delegate bool ReadEntry(ulong address, out ulong value);

    /// <summary>CR3 under PAE paging: the table is aligned to 32 bytes (4.4.1).</summary>
    private const ulong PaeTableMask = 0xFFFF_FFE0;
    private const ulong Low32 = 0xFFFF_FFFF;
    private const ulong Table32Mask = 0xFFFF_F000;

    private const int BitsPerLevel32 = 10;

    /// <summary>Bits of a PAE directory-pointer entry that must be 0 beside those of the address (4.4.1, table 4-8).</summary>
    private const ulong PaePointerReserved = 0b1_1110_0110;

    /// <summary>Under PAE paging nothing between the address and NX is for software (4.4.2).</summary>
    private const ulong PaeHighReserved = 0x7FF0_0000_0000_0000;

    /// <summary>A page of 4 MiB has bits 39 to 32 of its address in bits 20 to 13 of its entry (4.3, PSE-36).</summary>
    private const int Pse36Shift = 13;
    private const ulong Pse36Mask = 0xFF;
    private const int Pse36AddressBits = 40;

    /// <summary>Follows an address.</summary>
    /// <param name="linear">The linear address.</param>
    /// <param name="paging">What the processor has in its registers.</param>
    /// <param name="read">Reads guest memory.</param>
    public static PageWalkResult Walk(ulong linear, in PagingState paging, ReadEntry read)
    {
        ArgumentNullException.ThrowIfNull(read);
        return paging.Mode switch
        {
            // Without long mode a linear address has 32 bits.
            PagingMode.None => new PageWalkResult { Linear = linear & Low32, Mode = PagingMode.None, Physical = linear & Low32 },
            PagingMode.Bits32 => Walk32(linear & Low32, paging, read),
            PagingMode.Pae => Walk64(linear & Low32, paging, read, PageLevel.PDPT),
            PagingMode.Level4 => Walk64(linear, paging, read, PageLevel.PML4),
            _ => Walk64(linear, paging, read, PageLevel.PML5),
        };
    }

    /// <summary>Whether an address is one that long mode allows.</summary>
    /// <param name="linear">The address.</param>
    /// <param name="bits">48, or 57 with five levels.</param>
    public static bool IsCanonical(ulong linear, int bits)
    {
        long above = (long)linear >> (bits - 1);
        return above is 0 or -1;
    }

    private static PageWalkResult Walk64(ulong linear, in PagingState paging, ReadEntry read, PageLevel first)
    {
        List<PageWalkStep> steps = new((int)first);
        PageWalkResult result = new() { Linear = linear, Mode = paging.Mode, Steps = steps };
        bool pae = first == PageLevel.PDPT;
        if (!pae && !IsCanonical(linear, first.Shift() + PageLevels.BitsPerLevel))
            return result with { Fault = PageWalkFault.NotCanonical };
        ulong table = paging.Cr3 & (pae ? PaeTableMask : PageEntry.AddressMask);
        for (PageLevel level = first; ; level--)
        {
            int shift = level.Shift();
            // Under PAE the first index has what is left of 32 bits: two.
            int index = (int)(linear >> shift & (PageLevels.EntriesPerTable - 1UL));
            ulong address = table + (ulong)index * sizeof(ulong);
            if (!read(address, out ulong entry))
                return result with { Fault = PageWalkFault.TableOutsideRam, FaultLevel = level, FaultDetail = address };
            steps.Add(new PageWalkStep(level, index, address, entry));
            if ((entry & PageEntry.Present) == 0)
                return result with { Fault = PageWalkFault.NotPresent, FaultLevel = level };
            bool isPage = level == PageLevel.PT || (level is PageLevel.PD or PageLevel.PDPT && !(pae && level == first) && (entry & PageEntry.LargePage) != 0);
            ulong wrong = entry & Reserved(paging, level, isPage, shift, pae && level == first);
            if (wrong != 0)
                return result with { Fault = PageWalkFault.ReservedBits, FaultLevel = level, FaultDetail = wrong };
            if (isPage)
                return At(result, entry & PageEntry.AddressMask, shift);
            table = entry & PageEntry.AddressMask;
        }
    }

    /// <summary>Bits of an entry that must be 0.</summary>
    private static ulong Reserved(in PagingState paging, PageLevel level, bool isPage, int shift, bool isPaePointer)
    {
        ulong reserved = paging.ReservedAddressBits;
        if (isPaePointer)
            return reserved | PaePointerReserved | PaeHighReserved | PageEntry.NoExecute;
        if (!paging.HasNoExecute)
            reserved |= PageEntry.NoExecute;
        if (paging.Mode == PagingMode.Pae)
            reserved |= PaeHighReserved;
        if (level >= PageLevel.PML4 || (level == PageLevel.PDPT && !paging.HasGibibytePages))
            reserved |= PageEntry.LargePage;
        // A large page's address is aligned to its size, but for bit 12, which is PAT.
        if (isPage && level != PageLevel.PT)
            reserved |= ((1UL << shift) - 1) & ~((1UL << (PageLevels.PageShift + 1)) - 1);
        return reserved;
    }

    private static PageWalkResult Walk32(ulong linear, in PagingState paging, ReadEntry read)
    {
        List<PageWalkStep> steps = new(2);
        PageWalkResult result = new() { Linear = linear, Mode = PagingMode.Bits32, Steps = steps };
        ulong table = paging.Cr3 & Table32Mask;
        for (PageLevel level = PageLevel.PD; ; level--)
        {
            int shift = PageLevels.PageShift + ((int)level - 1) * BitsPerLevel32;
            int index = (int)(linear >> shift & ((1UL << BitsPerLevel32) - 1));
            ulong address = table + (ulong)index * sizeof(uint);
            if (!read(address & ~7UL, out ulong pair))
                return result with { Fault = PageWalkFault.TableOutsideRam, FaultLevel = level, FaultDetail = address };
            ulong entry = (address & sizeof(uint)) != 0 ? pair >> 32 : pair & Low32;
            steps.Add(new PageWalkStep(level, index, address, entry));
            if ((entry & PageEntry.Present) == 0)
                return result with { Fault = PageWalkFault.NotPresent, FaultLevel = level };
            if (level == PageLevel.PT)
                return At(result, entry & Table32Mask, shift);
            if (paging.HasLargePages32 && (entry & PageEntry.LargePage) != 0)
                return LargePage32(result, paging, entry, shift);
            table = entry & Table32Mask;
        }
    }

    private static PageWalkResult LargePage32(PageWalkResult result, in PagingState paging, ulong entry, int shift)
    {
        ulong high = (entry >> Pse36Shift & Pse36Mask) << 32;
        int bits = Math.Min(paging.PhysicalBits is 0 ? PagingState.UsualPhysicalBits : paging.PhysicalBits, Pse36AddressBits);
        ulong wrong = (high >> 32 << Pse36Shift) & ~(((1UL << Math.Max(bits - 32, 0)) - 1) << Pse36Shift);
        // Bit 21 has no meaning and must be 0.
        wrong |= entry & 1UL << 21;
        return wrong != 0
            ? result with { Fault = PageWalkFault.ReservedBits, FaultLevel = PageLevel.PD, FaultDetail = wrong }
            : At(result, (entry & Low32) | high, shift);
    }

    private static PageWalkResult At(PageWalkResult result, ulong page, int shift)
    {
        ulong inside = (1UL << shift) - 1;
        return result with { Physical = (page & ~inside) | (result.Linear & inside), PageSize = inside + 1 };
    }
}
