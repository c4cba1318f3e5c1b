namespace Vmm.Guest.Memory;

/// <summary>
/// Every guest-physical address that this machine gives a meaning. RAM lies below 3 GiB and from 4 GiB up; the hole
/// between them belongs to devices, as on a PC.
/// </summary>
/// <remarks>
/// <code>
/// 0000_0000 … 0009_FBFF  RAM: boot data (GDT, zero page, page tables, command line), real-mode code
/// 0009_FC00 … 000F_FFFF  reserved: EBDA, option ROM area; the RSDP and the ACPI tables at 000E_0000,
///                        the generation ID at 000F_E000
/// 0010_0000 … BFFF_FFFF  RAM: kernel, initrd (at most 3 GiB)
/// C000_0000 … DFFF_FFFF  32-bit PCI BARs
/// E000_0000 … E0FF_FFFF  PCI ECAM, 16 buses
/// FEB0_0000 … FEB0_FFFF  virtio-mmio, one page a device
/// FEC0_0000              I/O APIC
/// FEE0_0000              local APICs
/// FEFF_C000 … FEFF_FFFF  identity map page and TSS that KVM needs on Intel
/// 1_0000_0000 …          RAM beyond 3 GiB; above it the 64-bit PCI BARs
/// </code>
/// </remarks>
public static class MemoryLayout
{
    /// <summary>The smallest guest: 2 MiB.</summary>
    public const ulong MinimumRam = 2UL << 20;

    /// <summary>RAM sizes and region bounds are multiples of a page.</summary>
    public const ulong PageSize = 4096;

    /// <summary>Where the hole for devices begins; RAM below ends here at the latest.</summary>
    public const ulong DeviceHoleStart = 0xC000_0000;

    /// <summary>Where RAM goes on above the hole: 4 GiB.</summary>
    public const ulong HighRamStart = 0x1_0000_0000;

    /// <summary>The window in which 32-bit PCI BARs are placed.</summary>
    public const ulong Pci32Start = 0xC000_0000;

    /// <summary>Length of the 32-bit PCI window.</summary>
    public const ulong Pci32Size = 0x2000_0000;

    /// <summary>PCI Express enhanced configuration access (PCI Firmware 3.3, 4.1): 1 MiB a bus.</summary>
    public const ulong EcamStart = 0xE000_0000;

    /// <summary>Buses that ECAM reaches.</summary>
    public const int EcamBuses = 16;

    /// <summary>Length of the ECAM window.</summary>
    public const ulong EcamSize = EcamBuses * (1UL << 20);

    /// <summary>The first virtio-mmio register page.</summary>
    public const ulong VirtioMmioStart = 0xFEB0_0000;

    /// <summary>One register page for each virtio-mmio device.</summary>
    public const ulong VirtioMmioStride = 0x1000;

    /// <summary>I/O APIC registers.</summary>
    public const ulong IoApicStart = 0xFEC0_0000;

    /// <summary>Local APIC registers.</summary>
    public const ulong LocalApicStart = 0xFEE0_0000;

    /// <summary>KVM_SET_IDENTITY_MAP_ADDR: one page.</summary>
    public const ulong IdentityMapStart = 0xFEFF_C000;

    /// <summary>KVM_SET_TSS_ADDR: three pages.</summary>
    public const ulong TssStart = 0xFEFF_D000;

    /// <summary>Length of the 64-bit PCI window, placed above the last RAM.</summary>
    public const ulong Pci64Size = 0x10_0000_0000;

    /// <summary>Where usable conventional memory ends: the extended BIOS data area.</summary>
    public const ulong EbdaStart = 0x9_FC00;

    /// <summary>RSDP and ACPI tables: in the BIOS read-only area, where ACPI 6.5, 5.2.5.1 has the RSDP searched for.</summary>
    public const ulong AcpiStart = 0xE_0000;

    /// <summary>Room for the ACPI tables.</summary>
    public const ulong AcpiSize = 0x2_0000;

    /// <summary>The virtual machine's generation ID, in a page of its own that no table shares.</summary>
    public const ulong GenerationIdStart = 0xF_E000;

    /// <summary>One MiB: where protected-mode kernels go.</summary>
    public const ulong HighMemoryStart = 0x10_0000;

    /// <summary>How a RAM size is laid around the hole: the part below it and the part from 4 GiB up.</summary>
    /// <param name="ramSize">RAM in bytes.</param>
    public static (ulong Low, ulong High) Split(ulong ramSize)
    {
        ulong low = Math.Min(ramSize, DeviceHoleStart);
        return (low, ramSize - low);
    }

    /// <summary>Where the 64-bit PCI window starts for a RAM size: 4 GiB or the end of high RAM, rounded up to a GiB.</summary>
    public static ulong Pci64Start(ulong ramSize)
    {
        ulong end = HighRamStart + Split(ramSize).High;
        return (end + ((1UL << 30) - 1)) & ~((1UL << 30) - 1);
    }
}
