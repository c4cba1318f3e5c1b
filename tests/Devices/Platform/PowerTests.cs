using Vmm.Devices.Bus;
using Vmm.Devices.Platform;
using Vmm.Devices.Platform.Spec;
using Vmm.Guest.Acpi;
using Vmm.Tests.Devices.Bus;
using Vmm.Tests.Devices.Pci;
using Xunit;

namespace Vmm.Tests.Devices.Platform;

public class PowerTests
{
    private readonly RecordingPower _power = new();
    private readonly RecordingLine _line = new();
    private readonly AddressBus _ports = new("ports");
    private readonly AcpiPower _acpi;

    public PowerTests()
    {
        _acpi = new AcpiPower(_power, _line);
        _ports.TryAdd(AcpiHardware.PortStart, AcpiHardware.PortCount, _acpi);
        _ports.TryAdd(PlatformPort.SystemControlA, 1, new SystemControlPort(_power));
        _ports.TryAdd(PlatformPort.DebugExit, PlatformPort.DebugExitCount, new DebugExit(_power));
    }

    [Fact]
    public void Sleep_control_with_type_soft_off_powers_off()
    {
        _ports.Out8(AcpiHardware.SleepControlPort, AcpiHardware.SleepTypeSoftOff << AcpiHardware.SleepTypeShift | AcpiHardware.SleepEnable);
        Assert.Equal(["off"], _power.Asked);
    }

    [Theory]
    [InlineData(AcpiHardware.SleepTypeSoftOff << AcpiHardware.SleepTypeShift)] // no enable
    [InlineData(AcpiHardware.SleepEnable | 3 << AcpiHardware.SleepTypeShift)]  // another state
    [InlineData(0)]
    public void Other_sleep_values_do_nothing(byte value)
    {
        _ports.Out8(AcpiHardware.SleepControlPort, value);
        Assert.Empty(_power.Asked);
    }

    [Fact]
    public void Reset_register_resets_on_its_value_only()
    {
        _ports.Out8(AcpiHardware.ResetPort, 0x02);
        Assert.Empty(_power.Asked);
        _ports.Out8(AcpiHardware.ResetPort, AcpiHardware.ResetValue);
        Assert.Equal(["reset"], _power.Asked);
    }

    [Fact]
    public void Power_button_interrupts_and_its_event_is_read_once()
    {
        _acpi.PressPowerButton();
        Assert.Equal((1, false), (_line.Edges, _line.Level));
        Assert.Equal(AcpiHardware.EventPowerButton, _ports.In8(AcpiHardware.EventStatusPort));
        Assert.Equal(0, _ports.In8(AcpiHardware.EventStatusPort));
    }

    [Fact]
    public void Events_add_up_until_they_are_read()
    {
        _acpi.PressPowerButton();
        const byte another = 0x02;
        _acpi.RaiseEvent(another);
        Assert.Equal(AcpiHardware.EventPowerButton | another, _ports.In8(AcpiHardware.EventStatusPort));
    }

    [Fact, Trait("Row", "32")]
    public void Event_and_sleep_status_take_no_writes_and_unused_ports_read_zero()
    {
        _acpi.PressPowerButton();
        _ports.Out8(AcpiHardware.EventStatusPort, 0);
        _ports.Out8(AcpiHardware.SleepStatusPort, 0xff);
        Assert.Equal(0, _ports.In8(AcpiHardware.SleepStatusPort));
        Assert.Equal(0u, _ports.In32(AcpiHardware.PortStart + 4));
        Assert.Equal(AcpiHardware.EventPowerButton, _ports.In8(AcpiHardware.EventStatusPort));
    }

    [Fact, Trait("Row", "31")]
    public void Wide_access_over_all_registers_is_as_many_byte_accesses()
    {
        _acpi.PressPowerButton();
        Assert.Equal((uint)AcpiHardware.EventPowerButton << 24, _ports.In32(AcpiHardware.PortStart));
        _ports.Out32(AcpiHardware.PortStart, AcpiHardware.ResetValue << 16);
        Assert.Equal(["reset"], _power.Asked);
    }

    [Fact]
    public void Debug_exit_doubles_and_adds_one_for_every_width()
    {
        _ports.Out8(PlatformPort.DebugExit, 0);
        _ports.Out16(PlatformPort.DebugExit, 0x0110);
        _ports.Out32(PlatformPort.DebugExit, 0xffff_ffff);
        Assert.Equal(["exit 1", "exit 545", "exit 4294967295"], _power.Asked);
        Assert.Equal(0u, _ports.In32(PlatformPort.DebugExit));
    }

    [Fact]
    public void Reset_control_resets_when_its_bit_rises()
    {
        var control = new ResetControl(_power);
        control.Out8(0, 0x02);
        Assert.Empty(_power.Asked);
        control.Out8(0, 0x06);
        control.Out8(0, 0x06);
        Assert.Equal(["reset"], _power.Asked);
        Assert.Equal(0x06, control.In8(0));
        control.Reset();
        control.Out8(0, 0x0e);
        Assert.Equal(["reset", "reset"], _power.Asked);
    }

    [Fact]
    public void System_control_port_resets_when_its_bit_rises_and_keeps_A20()
    {
        Assert.Equal(0x02, _ports.In8(PlatformPort.SystemControlA));
        _ports.Out8(PlatformPort.SystemControlA, 0x00);
        Assert.Equal(0x00, _ports.In8(PlatformPort.SystemControlA));
        _ports.Out8(PlatformPort.SystemControlA, 0x03);
        _ports.Out8(PlatformPort.SystemControlA, 0x03);
        Assert.Equal(["reset"], _power.Asked);
    }

    [Fact]
    public void Debug_console_prints_and_recognises_itself()
    {
        var output = new CollectingSink();
        var console = new DebugConsole(output);
        console.Out8(0, (byte)'h');
        console.Out8(0, (byte)'i');
        Assert.Equal("hi", output.Text);
        Assert.Equal(0xe9, console.In8(0));
    }

    [Fact]
    public void Post_code_can_be_read_back()
    {
        var post = new PostCodePort();
        post.Out8(0, 0x42);
        Assert.Equal(0x42, post.In8(0));
    }
}
