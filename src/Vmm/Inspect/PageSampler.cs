using Vmm.Guest.Cpu.Paging;
using Vmm.Kvm.State;

namespace Vmm.Inspect;

/// <summary>Makes up addresses to look up: many that are mapped, and some that are not.</summary>
/// <remarks>Of 2⁴⁸ addresses a guest maps next to none, so most are found by going down the page tables along entries that are present.</remarks>
/// <param name="memory">Memory as the vCPU sees it.</param>
/// <param name="vcpu">The vCPU, whose registers point at what is in use.</param>
/// <param name="random">Makes it up.</param>
internal sealed class PageSampler(LinearMemory memory, VcpuRecord vcpu, Random random)
{
    /// <summary>How often an entry that is present is looked for in a table, from a random one on.</summary>
    private const int Tries = PageLevels.EntriesPerTable;

    /// <summary>The next address.</summary>
    public ulong Next()
    {
        switch (random.Next(8))
        {
            case 0:
                return Canonical((ulong)random.NextInt64(long.MinValue, long.MaxValue));
            case 1:
                ulong[] near = [vcpu.General.Rip, vcpu.General.Rsp, vcpu.System.Gdt.Base, vcpu.System.Idt.Base, vcpu.System.Gs.Base, vcpu.System.Cr2];
                return Canonical(unchecked(near[random.Next(near.Length)] + (ulong)random.NextInt64(-1 << 20, 1 << 20)));
            default:
                return memory.Paging.Mode is PagingMode.Level4 or PagingMode.Level5 ? Descend() : (uint)random.NextInt64();
        }
    }

    /// <summary>Goes down by present entries; at the end, or where there is none, the rest is random.</summary>
    private ulong Descend()
    {
        PageLevel level = memory.Paging.Mode == PagingMode.Level5 ? PageLevel.PML5 : PageLevel.PML4;
        ulong linear = 0;
        ulong table = memory.Paging.Cr3 & PageEntry.AddressMask;
        for (; level >= PageLevel.PT; level--)
        {
            int index = random.Next(PageLevels.EntriesPerTable);
            ulong entry = 0;
            for (int i = 0; i < Tries; i++, index = (index + 1) % PageLevels.EntriesPerTable)
            {
                if (memory.TryReadEntry(table + (ulong)index * sizeof(ulong), out entry) && (entry & PageEntry.Present) != 0)
                    break;
            }
            int shift = level.Shift();
            linear |= (ulong)(uint)index << shift;
            if ((entry & PageEntry.Present) == 0 || (level is PageLevel.PD or PageLevel.PDPT && (entry & PageEntry.LargePage) != 0))
                return Canonical(linear | ((ulong)random.NextInt64() & ((1UL << shift) - 1)));
            table = entry & PageEntry.AddressMask;
        }
        return Canonical(linear + (ulong)random.Next(1 << PageLevels.PageShift));
    }

    /// <summary>Repeats the highest bit that paging uses.</summary>
    private ulong Canonical(ulong linear)
    {
        int unused = memory.Paging.Mode switch { PagingMode.Level5 => 7, PagingMode.Level4 => 16, _ => 32 };
        return unused == 32 ? (uint)linear : (ulong)((long)(linear << unused) >> unused);
    }
}
