namespace Vmm.Guest.Boot;

/// <summary>What a range of the memory map is for (ACPI 6.5, table 15.2; PVH and Multiboot use the same numbers).</summary>
public enum E820Type : uint
{
    /// <summary>Usable memory.</summary>
    Ram = 1,

    /// <summary>Not to be used.</summary>
    Reserved = 2,

    /// <summary>ACPI tables, usable once they were read.</summary>
    AcpiReclaimable = 3,
}
