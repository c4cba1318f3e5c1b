namespace Vmm.Guest.Cpu.Paging;

/// <summary>What a processor's paging depends on.</summary>
public readonly record struct PagingState
{
    /// <summary>CR4.PSE: pages of 4 MiB under 32-bit paging.</summary>
    private const ulong PageSizeExtension = 1UL << 4;

    /// <summary>What physical addresses have where CPUID does not tell (Intel SDM 3A, 4.1.4).</summary>
    public const int UsualPhysicalBits = 36;

    /// <summary>The most that any processor has.</summary>
    public const int MostPhysicalBits = 52;

    /// <summary>CR0.</summary>
    public ulong Cr0 { get; init; }

    /// <summary>CR3: where the first table is.</summary>
    public ulong Cr3 { get; init; }

    /// <summary>CR4.</summary>
    public ulong Cr4 { get; init; }

    /// <summary>EFER.</summary>
    public ulong Efer { get; init; }

    /// <summary>Bits of a physical address (MAXPHYADDR): those above must be 0 in every entry.</summary>
    public int PhysicalBits { get; init; }

    /// <summary>Whether the processor has pages of 1 GiB; without them the bit that asks for one must be 0.</summary>
    public bool HasGibibytePages { get; init; }

    /// <summary>How it turns addresses.</summary>
    public PagingMode Mode =>
        (Cr0 & ControlRegisters.Cr0Paging) == 0 ? PagingMode.None
        : (Cr4 & ControlRegisters.Cr4PhysicalAddressExtension) == 0 ? PagingMode.Bits32
        : (Efer & ControlRegisters.EferLongModeActive) == 0 ? PagingMode.Pae
        : (Cr4 & ControlRegisters.Cr4FiveLevels) == 0 ? PagingMode.Level4 : PagingMode.Level5;

    /// <summary>Whether entries have NX; the bit must be 0 without.</summary>
    internal bool HasNoExecute => (Efer & ControlRegisters.EferNoExecute) != 0;

    /// <summary>Whether a directory of 32-bit paging can have pages of 4 MiB.</summary>
    internal bool HasLargePages32 => (Cr4 & PageSizeExtension) != 0;

    /// <summary>Physical address bits that no entry may have, of the 52 that an entry has room for.</summary>
    internal ulong ReservedAddressBits
    {
        get
        {
            int bits = PhysicalBits is > 0 and <= MostPhysicalBits ? PhysicalBits : UsualPhysicalBits;
            return ((1UL << MostPhysicalBits) - 1) & ~((1UL << bits) - 1);
        }
    }
}
