using System.Text;
using Vmm.Guest.Acpi;
using Vmm.Guest.Acpi.Aml;
using Vmm.Guest.Memory;

namespace Vmm.Tests.Guest.Acpi;

/// <summary>The generation counter in the DSDT, byte by byte: what drivers bind to must not change.</summary>
public class GenerationTableTests
{
    [Fact]
    public void Device_names_itself_and_the_place_of_its_number()
    {
        TableBuffer buffer = new();
        DsdtGeneration.Write(new AmlWriter(buffer), new GuestAddress(0x1_2345_6000));
        byte[] expected =
        [
            0x5B, 0x82, 0x4D, 0x05,                     // Device, 93 bytes
            .. "VGEN"u8,
            0x08, .. "_HID"u8, 0x0D, .. "VMMG0001"u8, 0,
            0x08, .. "_CID"u8, 0x0D, .. "VM_Gen_Counter"u8, 0,
            0x08, .. "_DDN"u8, 0x0D, .. "VM_Gen_Counter"u8, 0,
            0x08, .. "ADDR"u8, 0x12, 0x08, 2, 0x0C, 0x00, 0x60, 0x45, 0x23, 0x01,
        ];
        expected[2] = (byte)(0x40 | ((expected.Length - 2) & 0xF));
        expected[3] = (byte)((expected.Length - 2) >> 4);
        Assert.Equal(expected, buffer.Written.ToArray());
    }

    [Fact]
    public void Event_notifies_the_device_when_its_bit_is_set()
    {
        TableBuffer buffer = new();
        DsdtGeneration.WriteEvent(new AmlWriter(buffer));
        byte[] expected =
        [
            0xA0, 0x12, 0x7B, 0x60, 0x0A, AcpiHardware.EventGeneration, 0x00,
            0x86, 0x5C, 0x2E, .. "_SB_"u8, .. "VGEN"u8, 0x0A, 0x80,
        ];
        expected[1] = (byte)(expected.Length - 1);
        Assert.Equal(expected, buffer.Written.ToArray());
    }

    [Fact]
    public void Machine_without_a_number_has_no_such_device()
    {
        string with = Encoding.Latin1.GetString(AcpiTables.Build(Machines.Full(1), MemoryLayout.AcpiStart).Written);
        string without = Encoding.Latin1.GetString(AcpiTables.Build(Machines.Full(1) with { GenerationId = null }, MemoryLayout.AcpiStart).Written);
        Assert.Contains("VM_Gen_Counter", with, StringComparison.Ordinal);
        Assert.DoesNotContain("VGEN", without, StringComparison.Ordinal);
    }
}
