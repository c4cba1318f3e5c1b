using System.Buffers.Binary;
using Vmm.Guest.Cpu.Paging;
using Vmm.Guest.Memory;
using Vmm.Kvm.State;

namespace Vmm.Inspect;

/// <summary>Memory as one vCPU sees it: by linear addresses, through its page tables.</summary>
/// <param name="paging">What its paging depends on.</param>
/// <param name="read">Reads guest-physical memory.</param>
internal sealed class LinearMemory(PagingState paging, ReadMemory read)
{
    /// <summary>CPUID leaf of address widths, and the one with the feature <c>pdpe1gb</c> in bit 26 of EDX (Intel SDM 2A, CPUID).</summary>
    private const uint AddressLeaf = 0x8000_0008;
    private const uint FeatureLeaf = 0x8000_0001;
    private const int GibibytePagesBit = 26;
    private const uint AddressBits = 0xff;

    /// <summary>What paging depends on.</summary>
    public PagingState Paging => paging;

    /// <summary>That of a vCPU.</summary>
    /// <param name="system">Its system registers.</param>
    /// <param name="cpuid">What CPUID answers to it.</param>
    /// <param name="read">Reads guest-physical memory.</param>
    public static LinearMemory Of(SystemRegisters system, IReadOnlyList<CpuidRecord> cpuid, ReadMemory read) => new(
        new PagingState
        {
            Cr0 = system.Cr0,
            Cr3 = system.Cr3,
            Cr4 = system.Cr4,
            Efer = system.Efer,
            PhysicalBits = (int)((cpuid.FirstOrDefault(entry => entry.Function == AddressLeaf)?.Eax ?? 0) & AddressBits),
            HasGibibytePages = ((cpuid.FirstOrDefault(entry => entry.Function == FeatureLeaf)?.Edx ?? 0) >> GibibytePagesBit & 1) != 0,
        },
        read);

    /// <summary>Follows an address through the page tables.</summary>
    public PageWalkResult Walk(ulong linear) => PageWalk.Walk(linear, paging, TryReadEntry);

    /// <summary>Reads eight bytes of a table.</summary>
    public bool TryReadEntry(ulong address, out ulong value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        bool done = read(address, bytes);
        value = done ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : 0;
        return done;
    }

    /// <summary>Reads memory from a linear address on, as far as it is mapped to RAM.</summary>
    /// <returns>How many bytes.</returns>
    public int Read(ulong linear, Span<byte> destination)
    {
        int done = 0;
        while (done < destination.Length)
        {
            ulong at = unchecked(linear + (ulong)done);
            PageWalkResult found = Walk(at);
            int run = (int)Math.Min((ulong)(destination.Length - done), MemoryLayout.PageSize - at % MemoryLayout.PageSize);
            if (!found.IsMapped || !read(found.Physical, destination.Slice(done, run)))
                break;
            done += run;
        }
        return done;
    }

    /// <summary>Reads all of it, or nothing.</summary>
    public bool TryRead(ulong linear, Span<byte> destination) => Read(linear, destination) == destination.Length;
}
