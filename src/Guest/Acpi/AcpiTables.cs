using Vmm.Guest.Memory;

namespace Vmm.Guest.Acpi;

/// <summary>Builds the ACPI tables of a machine and writes them into guest memory.</summary>
public static class AcpiTables
{
    private const byte XsdtRevision = 1;

    /// <summary>ACPI 6.5, 5.2.5.3: the RSDP of revision 2.</summary>
    private const int RsdpSize = 36;

    /// <summary>The part that the first checksum covers.</summary>
    private const int RsdpOldSize = 20;

    private const byte RsdpRevision = 2;
    private const int RsdpChecksumAt = 8;
    private const int RsdpXsdtAt = 24;
    private const int RsdpExtendedChecksumAt = 32;

    /// <summary>
    /// Writes RSDP, XSDT, FADT, DSDT, MADT and, with PCI, MCFG to <see cref="MemoryLayout.AcpiStart"/>, and behind them the
    /// <see cref="ResetVector"/>, which a guest of a hardware-reduced machine may need to reboot.
    /// </summary>
    /// <param name="machine">What to describe.</param>
    /// <param name="memory">The machine's RAM.</param>
    /// <returns>The address of the RSDP, which is also where firmware tables are searched for.</returns>
    /// <exception cref="ArgumentException">The machine has more devices than the tables' area has room for.</exception>
    public static GuestAddress Write(AcpiMachine machine, GuestMemory memory)
    {
        ArgumentNullException.ThrowIfNull(machine);
        ArgumentNullException.ThrowIfNull(memory);
        var start = new GuestAddress(MemoryLayout.AcpiStart);
        TableBuffer tables = Build(machine, start.Value);
        const ulong room = MemoryLayout.GenerationIdStart - MemoryLayout.AcpiStart;
        if ((ulong)tables.Length > room)
            throw new ArgumentException($"ACPI tables of 0x{tables.Length:x} bytes do not fit into 0x{room:x}", nameof(machine));
        if (!memory.TryWrite(start, tables.Written) || !ResetVector.TryWrite(memory))
            throw new ArgumentException($"no RAM for the ACPI tables at {start}", nameof(memory));
        return start;
    }

    /// <summary>Builds all tables as they stand at <paramref name="start"/>: the RSDP first.</summary>
    internal static TableBuffer Build(AcpiMachine machine, ulong start)
    {
        var buffer = new TableBuffer();
        buffer.Zeros(RsdpSize);
        ulong dsdt = start + (ulong)Dsdt.Write(buffer, machine);
        Span<ulong> tables = stackalloc ulong[3];
        int count = 0;
        tables[count++] = start + (ulong)Fadt.Write(buffer, machine, dsdt);
        tables[count++] = start + (ulong)Madt.Write(buffer, machine);
        if (machine.Pci is { } pci)
            tables[count++] = start + (ulong)Mcfg.Write(buffer, pci);

        int xsdt = buffer.BeginTable("XSDT"u8, XsdtRevision);
        foreach (ulong table in tables[..count])
            buffer.U64(table);
        buffer.EndTable(xsdt);
        FillRsdp(buffer.From(0)[..RsdpSize], start + (ulong)xsdt);
        return buffer;
    }

    private static void FillRsdp(Span<byte> rsdp, ulong xsdt)
    {
        "RSD PTR "u8.CopyTo(rsdp);
        TableBuffer.OemId.CopyTo(rsdp[9..]);
        rsdp[15] = RsdpRevision;
        rsdp[20] = RsdpSize;
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(rsdp[RsdpXsdtAt..], xsdt);
        rsdp[RsdpChecksumAt] = TableBuffer.Checksum(rsdp[..RsdpOldSize]);
        rsdp[RsdpExtendedChecksumAt] = TableBuffer.Checksum(rsdp);
    }
}
