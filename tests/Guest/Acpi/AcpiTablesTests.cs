using System.Text;
using Vmm.Guest.Acpi;
using Vmm.Guest.Memory;
using Vmm.Tests.Guest.Images;

namespace Vmm.Tests.Guest.Acpi;

public class AcpiTablesTests
{
    [Fact]
    public void Every_table_sums_to_zero_and_has_its_length()
    {
        using var ram = TestRam.OfMiB(2);
        foreach (ulong table in TablesOf(ram, Machines.Full(4)))
        {
            uint length = ram.Read<uint>(table + 4);
            Assert.InRange(length, 36U, 0x1_0000U);
            Assert.Equal(0, (byte)ram.Bytes(table, (int)length).Sum(b => b));
        }
    }

    [Fact]
    public void Rsdp_lies_where_systems_search_and_both_checksums_hold()
    {
        using var ram = TestRam.OfMiB(2);
        GuestAddress rsdp = AcpiTables.Write(Machines.Full(1), ram.Memory);
        Assert.True(rsdp.Value is >= 0xE_0000 and < 0x10_0000 && rsdp.IsAligned(16));
        byte[] bytes = ram.Bytes(rsdp.Value, 36);
        Assert.Equal("RSD PTR ", Encoding.ASCII.GetString(bytes, 0, 8));
        Assert.Equal(2, bytes[15]);
        Assert.Equal(0, (byte)bytes.Take(20).Sum(b => b));
        Assert.Equal(0, (byte)bytes.Sum(b => b));
    }

    [Fact]
    public void Xsdt_lists_the_tables_that_the_machine_needs()
    {
        using var ram = TestRam.OfMiB(2);
        Assert.Equal(["FACP", "DSDT", "APIC", "MCFG"], TablesOf(ram, Machines.Full(1)).Skip(1).Select(t => Encoding.ASCII.GetString(ram.Bytes(t, 4))));
        Assert.Equal(["FACP", "DSDT", "APIC"], TablesOf(ram, Machines.Full(1) with { Pci = null }).Skip(1).Select(t => Encoding.ASCII.GetString(ram.Bytes(t, 4))));
    }

    [Fact]
    public void Fadt_is_hardware_reduced_with_sleep_and_reset_registers()
    {
        using var ram = TestRam.OfMiB(2);
        ulong fadt = Find(ram, Machines.Full(1), "FACP");
        Assert.Equal(276U, ram.Read<uint>(fadt + 4));
        uint flags = ram.Read<uint>(fadt + 112);
        Assert.Equal((1U << 20) | (1U << 10), flags & ((1U << 20) | (1U << 10)));
        Assert.Equal(new byte[] { 1, 8, 0, 1 }, ram.Bytes(fadt + 116, 4));
        Assert.Equal((ulong)AcpiHardware.ResetPort, ram.Read<ulong>(fadt + 120));
        Assert.Equal(AcpiHardware.ResetValue, ram.Read<byte>(fadt + 128));
        Assert.Equal((ulong)AcpiHardware.SleepControlPort, ram.Read<ulong>(fadt + 248));
        Assert.Equal((ulong)AcpiHardware.SleepStatusPort, ram.Read<ulong>(fadt + 260));
        Assert.Equal(0U, ram.Read<uint>(fadt + 48));
    }

    [Theory]
    [InlineData(true, false, 0x15)]
    [InlineData(true, true, 0x17)]
    [InlineData(false, false, 0x35)]
    public void Fadt_tells_which_legacy_devices_there_are(bool clock, bool keyboard, int expected)
    {
        using var ram = TestRam.OfMiB(2);
        ulong fadt = Find(ram, Machines.Full(1) with { HasCmosClock = clock, HasKeyboardController = keyboard }, "FACP");
        Assert.Equal((ushort)expected, ram.Read<ushort>(fadt + 109));
    }

    [Fact]
    public void Madt_lists_each_processor_with_its_apic_id()
    {
        using var ram = TestRam.OfMiB(2);
        ulong madt = Find(ram, Machines.Full(1) with { ApicIds = [0, 1, 4, 5] }, "APIC");
        Assert.Equal((uint)MemoryLayout.LocalApicStart, ram.Read<uint>(madt + 36));
        Assert.Equal(
            [(0, 0), (1, 1), (2, 4), (3, 5)],
            Structures(ram, madt).Where(s => s[0] == 0).Select(s => ((int)s[2], (int)s[3])));
        Assert.Equal(MemoryLayout.IoApicStart, BitConverter.ToUInt32(Structures(ram, madt).Single(s => s[0] == 1), 4));
    }

    [Fact]
    public void Madt_uses_x2apic_structures_from_id_255_on()
    {
        using var ram = TestRam.OfMiB(2);
        ulong madt = Find(ram, Machines.Full(1) with { ApicIds = [254, 255, 1000] }, "APIC");
        Assert.Single(Structures(ram, madt), s => s[0] == 0);
        Assert.Equal([255U, 1000U], Structures(ram, madt).Where(s => s[0] == 9).Select(s => BitConverter.ToUInt32(s, 4)));
        Assert.Single(Structures(ram, madt), s => s[0] == 10);
    }

    [Fact]
    public void Madt_overrides_the_timer_only_when_it_is_wired_elsewhere()
    {
        using var ram = TestRam.OfMiB(2);
        Assert.DoesNotContain(Structures(ram, Find(ram, Machines.Full(1), "APIC")), s => s[0] == 2);
        byte[] entry = Structures(ram, Find(ram, Machines.Full(1) with { TimerGsi = 2 }, "APIC")).Single(s => s[0] == 2);
        Assert.Equal(new byte[] { 2, 10, 0, 0, 2, 0, 0, 0, 0, 0 }, entry);
    }

    [Fact]
    public void Mcfg_gives_the_ecam_window()
    {
        using var ram = TestRam.OfMiB(2);
        ulong mcfg = Find(ram, Machines.Full(1), "MCFG");
        Assert.Equal(60U, ram.Read<uint>(mcfg + 4));
        Assert.Equal(MemoryLayout.EcamStart, ram.Read<ulong>(mcfg + 44));
        Assert.Equal(new byte[] { 0, 0, 0, MemoryLayout.EcamBuses - 1 }, ram.Bytes(mcfg + 52, 4));
    }

    [Fact]
    public void Tables_of_the_largest_machine_fit_their_area()
    {
        using var ram = TestRam.OfMiB(2);
        AcpiMachine machine = Machines.Full(255) with
        {
            VirtioMmio = [.. Enumerable.Range(0, 64).Select(i => new AcpiVirtioMmio(new GuestAddress(0xFEB0_0000 + ((ulong)i * 0x1000)), 0x1000, (uint)(5 + (i % 16))))],
        };
        Assert.True(AcpiTables.Build(machine, MemoryLayout.AcpiStart).Length < 0x8000);
        AcpiTables.Write(machine, ram.Memory);
    }

    [Fact]
    public void Guest_that_jumps_to_the_bios_resets_the_machine()
    {
        using var ram = TestRam.OfMiB(2);
        AcpiTables.Write(Machines.Full(1), ram.Memory);
        // mov dx, ResetPort; mov al, ResetValue; out dx, al; hlt; jmp $-1
        Assert.Equal(new byte[] { 0xBA, 0x02, 0x06, 0xB0, 0x01, 0xEE, 0xF4, 0xEB, 0xFD }, ram.Bytes(0xF_FFF0, 9));
    }

    [Fact]
    public void Machine_that_does_not_fit_is_refused()
    {
        using var ram = TestRam.OfMiB(2);
        Assert.Throws<ArgumentException>(() => AcpiTables.Write(Machines.Full(1) with { ApicIds = [.. Enumerable.Range(0, 4000).Select(i => (uint)i)] }, ram.Memory));
    }

    private static ulong Find(TestRam ram, AcpiMachine machine, string signature) =>
        TablesOf(ram, machine).Single(t => Encoding.ASCII.GetString(ram.Bytes(t, 4)) == signature);

    /// <summary>XSDT first, then what it lists; the DSDT follows the FADT that names it.</summary>
    private static List<ulong> TablesOf(TestRam ram, AcpiMachine machine)
    {
        ulong rsdp = AcpiTables.Write(machine, ram.Memory).Value;
        ulong xsdt = ram.Read<ulong>(rsdp + 24);
        List<ulong> tables = [xsdt];
        for (ulong at = xsdt + 36; at < xsdt + ram.Read<uint>(xsdt + 4); at += 8)
        {
            tables.Add(ram.Read<ulong>(at));
            if (Encoding.ASCII.GetString(ram.Bytes(tables[^1], 4)) == "FACP")
                tables.Add(ram.Read<ulong>(tables[^1] + 140));
        }
        return tables;
    }

    private static IEnumerable<byte[]> Structures(TestRam ram, ulong madt)
    {
        ulong end = madt + ram.Read<uint>(madt + 4);
        for (ulong at = madt + 44; at < end; at += ram.Read<byte>(at + 1))
            yield return ram.Bytes(at, ram.Read<byte>(at + 1));
    }
}
