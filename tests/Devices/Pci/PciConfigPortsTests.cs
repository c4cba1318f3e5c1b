using Vmm.Devices.Pci;
using Vmm.Devices.Pci.Spec;
using Vmm.Tests.Devices.Bus;
using Xunit;

namespace Vmm.Tests.Devices.Pci;

public class PciConfigPortsTests
{
    private const uint Enable = 0x8000_0000;
    private const uint FunctionAddress = Enable | PciTestMachine.Device << 11;
    private readonly PciTestMachine _machine = new();

    private PciConfigPorts Ports => _machine.Ports;

    [Fact]
    public void Linux_recognises_configuration_mechanism_one()
    {
        // arch/x86/pci/direct.c: a byte to 0xCFB, then the enable bit alone must read back, then a host bridge is found.
        Ports.Out8(3, 0x01);
        uint saved = Ports.In32(0);
        Ports.Out32(0, Enable);
        Assert.Equal(Enable, Ports.In32(0));
        Ports.Out32(0, saved);

        Ports.Out32(0, Enable | PciRegister.Revision);
        Assert.Equal(0x0600, Ports.In16(6));
    }

    [Fact]
    public void Bytes_and_words_of_a_register_are_reached_by_port_offset()
    {
        Ports.Out32(0, FunctionAddress);
        Assert.Equal(0x1042_1af4u, Ports.In32(4));
        Assert.Equal(0x1af4, Ports.In16(4));
        Assert.Equal(0x1042, Ports.In16(6));
        Assert.Equal(0x10, Ports.In8(7));

        Ports.Out32(0, FunctionAddress | PciRegister.InterruptLine);
        Ports.Out8(4, 0x2a);
        Assert.Equal(0x012au, Ports.In32(4));
    }

    [Fact]
    public void Without_the_enable_bit_data_reads_all_ones_and_writes_are_dropped()
    {
        Ports.Out32(0, FunctionAddress & ~Enable | PciRegister.InterruptLine);
        Assert.Equal(0xffff_ffffu, Ports.In32(4));
        Ports.Out32(4, 0x55);
        Assert.Equal(0x0110u, _machine.ReadConfig(PciRegister.InterruptLine));
    }

    [Fact]
    public void Reserved_address_bits_read_as_zero()
    {
        Ports.Out32(0, 0xffff_ffff);
        Assert.Equal(0x80ff_fffcu, Ports.In32(0));
    }

    [Fact, Trait("Row", "31")]
    public void Narrow_writes_leave_the_address_register_alone()
    {
        Ports.Out32(0, FunctionAddress);
        Ports.Out8(0, 0xff);
        Ports.Out16(0, 0xffff);
        Ports.Out8(1, 0x06);
        Ports.Out16(2, 0x1234);
        Assert.Equal(FunctionAddress, Ports.In32(0));
    }

    [Theory, Trait("Row", "46")]
    [InlineData(2)] // from the address into the data register
    [InlineData(6)] // past the end
    public void Doubleword_across_registers_reads_all_ones(ulong offset)
    {
        Ports.Out32(0, FunctionAddress);
        Assert.Equal(0xffff_ffffu, Ports.In32(offset));
        Ports.Out32(offset, 0);
        Assert.Equal(FunctionAddress, Ports.In32(0));
    }

    [Fact]
    public void Reset_control_at_cf9_is_passed_through()
    {
        var reset = new RecordingDevice();
        var ports = new PciConfigPorts(_machine.Bus, reset);
        ports.Out8(1, 6);
        Assert.Equal([6], reset.LastWrite);
        Assert.Equal(0x5a, ports.In8(1));
        ports.Out32(0, FunctionAddress);
        Assert.Equal(1, reset.Writes);
    }

    [Fact]
    public void Both_mechanisms_see_the_same_registers()
    {
        for (uint offset = 0; offset < PciRegister.ConventionalSize; offset += 4)
        {
            Ports.Out32(0, FunctionAddress | offset);
            Assert.Equal(_machine.ReadConfig((int)offset), Ports.In32(4));
        }
    }
}
