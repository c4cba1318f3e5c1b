using Vmm.Guest.Acpi;
using Vmm.Guest.Memory;
using Vmm.Inspect;
using Vmm.Inspect.Report;
using Vmm.Inspect.Views;
using Vmm.Machine;
using Xunit;

namespace Vmm.Tests.Vmm.Inspect;

/// <summary>The tables of a whole machine, as the guest finds them and as it may have written them anew.</summary>
public sealed class AcpiViewTests : IDisposable
{
    private readonly GuestRam _ram = GuestRam.Create(2 << 20);

    public AcpiViewTests() => AcpiTables.Write(
        new AcpiMachine
        {
            ApicIds = [0, 1],
            SerialPorts = [new AcpiSerialPort(0x3f8, 4)],
            VirtioMmio = [new AcpiVirtioMmio(new GuestAddress(0xfeb0_0000), 0x1000, 5)],
            GenerationId = new GuestAddress(MemoryLayout.GenerationIdStart),
            HasKeyboardController = true,
            Pci = new AcpiPciHost { Window64Start = 1UL << 40 },
        },
        _ram.Memory);

    public void Dispose() => _ram.Dispose();

    [Theory]
    [InlineData("boot architecture +LEGACY_DEVICES, 8042, no VGA, no PCIe ASPM\n")]
    [InlineData("flags +WBINVD, PROC_C1, PWR_BUTTON, SLP_BUTTON, FIX_RTC, RESET_REG_SUP, HW_REDUCED_ACPI\n")]
    [InlineData("hardware-reduced +yes\n")]
    [InlineData("reset register +port 0x[0-9a-f]+, value 0x[0-9a-f]{2}\n")]
    [InlineData("sleep control +port 0x[0-9a-f]+\n")]
    [InlineData("MCFG\nsegment 0, buses 0 to [0-9]+: 0x[0-9a-f]+, [0-9]+ MiB\n")]
    [InlineData("COM1 +PNP0501\n")]
    [InlineData("PCI0 +PNP0A08\n")]
    [InlineData("PWRB +PNP0C0C\n")]
    [InlineData("VGEN +[A-Z]+[0-9A-F]+\n")]
    [InlineData("LNRO0005\n")]
    [InlineData("ACPI0007\n")]
    public void Tables_are_decoded(string fact) => Assert.Matches(fact, Text());

    /// <summary>Every byte of every table in turn is another: what cannot be is told or left out, and nothing fails.</summary>
    [Theory]
    [InlineData(0x00)]
    [InlineData(0xff)]
    [InlineData(0x5b)]
    [InlineData(0x82)]
    public void Tables_that_a_guest_has_written_over_are_told_all_the_same(byte value)
    {
        for (ulong at = MemoryLayout.AcpiStart + 36; at < MemoryLayout.AcpiStart + 0x800; at++)
        {
            byte[] was = new byte[1];
            Assert.True(_ram.Memory.TryRead(new GuestAddress(at), was) && _ram.Memory.TryWrite(new GuestAddress(at), [value]));
            Assert.Contains("RSDP", Text(), StringComparison.Ordinal);
            Assert.True(_ram.Memory.TryWrite(new GuestAddress(at), was));
        }
    }

    private string Text()
    {
        InspectRig rig = new();
        InspectedMachine machine = new(global::Vmm.Snapshot.State.StateSections.Save(rig.Parts()))
        {
            Config = rig.Config,
            Read = (address, destination) => _ram.Memory.TryRead(new GuestAddress(address), destination),
            Slots = [],
            PlaceName = "host address",
        };
        return InspectText.Of(AcpiView.Of(machine));
    }
}
