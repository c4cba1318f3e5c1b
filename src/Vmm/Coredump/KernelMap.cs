using System.Buffers.Binary;
using Vmm.Guest.Cpu;
using Vmm.Guest.Cpu.Paging;
using Vmm.Guest.Memory;
using Vmm.Inspect;

namespace Vmm.Coredump;

/// <summary>
/// Where a Linux kernel has itself and all memory (linux: Documentation/arch/x86/x86_64/mm.rst), by what it tells of itself and by its page
/// tables. All of it is a guest's word, and may be anything.
/// </summary>
/// <param name="DirectMap">Where physical address 0 is; null when the tables do not tell.</param>
/// <param name="Image">Where its image is, as a linear address.</param>
/// <param name="ImageAt">The same as a guest-physical address.</param>
/// <param name="ImageSize">Bytes of it.</param>
internal sealed record KernelMap(ulong? DirectMap, ulong Image, ulong ImageAt, ulong ImageSize)
{
    /// <summary>__START_KERNEL_map: what the kernel is linked for begins here.</summary>
    private const ulong ImagesStart = 0xffff_ffff_8000_0000;

    /// <summary>KERNEL_IMAGE_SIZE without KASLR, and the most that there is room for.</summary>
    private const ulong UsualSpan = 512UL << 20, LargestSpan = 2UL << 30;

    /// <summary>The image is mapped by pages of 2 MiB.</summary>
    private const ulong Step = 2UL << 20;

    /// <summary>The direct map is the first of what a kernel has: what comes so late is another's.</summary>
    private const int MostCandidates = 512;

    /// <summary>Looks for it.</summary>
    /// <param name="told">What the kernel tells of itself (<see cref="VmcoreInfo"/>).</param>
    /// <param name="read">Reads memory.</param>
    /// <returns>Null when it does not tell enough.</returns>
    public static KernelMap? Find(ReadOnlySpan<byte> told, ReadMemory read)
    {
        if (!VmcoreInfo.TryNumber(told, "SYMBOL(swapper_pg_dir)", out ulong tables) || !VmcoreInfo.TryNumber(told, "SYMBOL(_stext)", out ulong text)
            || !VmcoreInfo.TryNumber(told, "NUMBER(phys_base)", out ulong physicalBase))
            return null;
        ulong span = VmcoreInfo.TryNumber(told, "NUMBER(KERNEL_IMAGE_SIZE)", out ulong size) ? size : UsualSpan;
        text &= ~(Step - 1);
        if (span > LargestSpan || text < ImagesStart || text - ImagesStart >= span)
            return null;
        bool five = VmcoreInfo.TryNumber(told, "NUMBER(pgtable_l5_enabled)", out ulong enabled) && enabled == 1;
        ulong root = tables - ImagesStart + physicalBase;
        PagingState paging = new()
        {
            Cr0 = ControlRegisters.Cr0Paging,
            Cr3 = root,
            Cr4 = ControlRegisters.Cr4PhysicalAddressExtension | (five ? ControlRegisters.Cr4FiveLevels : 0),
            Efer = ControlRegisters.EferLongModeActive | ControlRegisters.EferNoExecute,
            PhysicalBits = PagingState.MostPhysicalBits,
            HasGibibytePages = true,
        };
        PageWalkResult Walk(ulong linear) => PageWalk.Walk(linear, paging, (ulong at, out ulong entry) => TryReadEntry(read, at, out entry));
        ulong end = text;
        for (ulong at = text; at - ImagesStart < span && at >= text; at += Step)
        {
            if (Leads(Walk(at), at - ImagesStart + physicalBase))
                end = at + Step;
        }
        if (end == text)
            return null;
        // Two addresses of it: the first, and that of the tables themselves.
        ulong? direct = null;
        foreach (ulong candidate in Gibibytes(read, root, five ? PageLevel.PML5 : PageLevel.PML4, 0).Take(MostCandidates))
        {
            if (Walk(candidate) is not { IsMapped: true, Physical: 0 } || Walk(candidate + root) is not { IsMapped: true } there || there.Physical != root)
                continue;
            direct = candidate;
            break;
        }
        return new KernelMap(direct, text, text - ImagesStart + physicalBase, end - text);
    }

    /// <summary>Whether a step of the image is mapped. The kernel takes single pages of it out again, also the first.</summary>
    private static bool Leads(PageWalkResult found, ulong physical) => found.IsMapped ? found.Physical == physical : found is { Fault: PageWalkFault.NotPresent, FaultLevel: PageLevel.PT };

    /// <summary>The upper half's addresses, each a GiB on, for which there is an entry.</summary>
    private static IEnumerable<ulong> Gibibytes(ReadMemory read, ulong table, PageLevel level, ulong above)
    {
        byte[] bytes = new byte[MemoryLayout.PageSize];
        if (!read(table, bytes))
            yield break;
        int shift = level.Shift();
        bool first = above == 0;
        for (int i = first ? PageLevels.EntriesPerTable / 2 : 0; i < PageLevels.EntriesPerTable; i++)
        {
            ulong entry = BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(i * sizeof(ulong)));
            if ((entry & PageEntry.Present) == 0)
                continue;
            ulong address = above | (first ? ulong.MaxValue << shift + PageLevels.BitsPerLevel : 0) | (ulong)i << shift;
            if (level == PageLevel.PDPT)
            {
                yield return address;
                continue;
            }
            foreach (ulong below in Gibibytes(read, entry & PageEntry.AddressMask, level - 1, address))
                yield return below;
        }
    }

    private static bool TryReadEntry(ReadMemory read, ulong address, out ulong entry)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        bool done = read(address, bytes);
        entry = done ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : 0;
        return done;
    }
}
