using Vmm.Devices.Backends;
using Vmm.Devices.Platform;
using Vmm.Devices.Platform.Spec;
using Vmm.Guest.Acpi;
using Vmm.Guest.Memory;
using Vmm.Tests.Devices.Bus;
using Vmm.Tests.Devices.Pci;
using Vmm.Tests.Devices.Platform;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Devices.State;

/// <summary>Platform devices that are saved in the middle of use go on elsewhere as if nothing had been.</summary>
public sealed class PlatformStateTests
{
    private readonly RecordingPower _power = new();
    private readonly RecordingLine _line = new();
    private readonly RecordingLine _newLine = new();

    [Fact]
    public void Serial_line_keeps_its_characters_with_their_errors_and_its_request()
    {
        var serial = new Serial16550("serial0", _line, new CollectingSink());
        serial.Out8(Uart16550.InterruptIdentification, Uart16550.FCR_ENABLE | 2 << Uart16550.FCR_TRIGGER_SHIFT);
        serial.Out8(Uart16550.InterruptEnable, Uart16550.IER_RDA | Uart16550.IER_LSR);
        serial.Out8(Uart16550.LineControl, Uart16550.LCR_DLAB);
        serial.Out8(Uart16550.Data, 12);
        serial.Out8(Uart16550.LineControl, 3);
        serial.Out8(Uart16550.Scratch, 0x5A);
        Assert.Equal(2, serial.Receive("ab"u8));
        Assert.True(serial.SendBreak());
        Assert.Equal(1, serial.Receive("c"u8));

        var output = new CollectingSink();
        var copy = new Serial16550("serial0", _newLine, output);
        Transplant.Move(serial, copy);
        Assert.True(_newLine.Level);
        Assert.Equal((0x5A, 3), (copy.In8(Uart16550.Scratch), copy.In8(Uart16550.LineControl)));
        Assert.Equal(((byte)'a', (byte)'b'), (copy.In8(Uart16550.Data), copy.In8(Uart16550.Data)));
        Assert.Equal(Uart16550.LSR_BI, copy.In8(Uart16550.LineStatus) & Uart16550.LSR_BI);
        Assert.Equal((0, (byte)'c'), (copy.In8(Uart16550.Data), copy.In8(Uart16550.Data)));
        Assert.False(_newLine.Level);
        copy.Out8(Uart16550.LineControl, Uart16550.LCR_DLAB);
        Assert.Equal(12, copy.In8(Uart16550.Data));
        copy.Out8(Uart16550.LineControl, 3);
        copy.Out8(Uart16550.Data, (byte)'!');
        Assert.Equal("!", output.Text);
        Assert.Equal(FifoRoom(serial), FifoRoom(copy) - 4);
    }

    [Fact]
    public void Keyboard_controller_goes_on_between_a_command_and_its_data()
    {
        var controller = new I8042(_power, _line);
        controller.Out8(I8042Spec.StatusCommand, I8042Spec.WriteRam + 7);
        var copy = new I8042(_power, _newLine);
        Transplant.Move(controller, copy);
        copy.Out8(I8042Spec.Data, 0x33);
        copy.Out8(I8042Spec.StatusCommand, I8042Spec.ReadRam + 7);
        var last = new I8042(_power, _newLine);
        Transplant.Move(copy, last);
        Assert.Equal(I8042Spec.StatusOutputFull, last.In8(I8042Spec.StatusCommand) & I8042Spec.StatusOutputFull);
        Assert.Equal(0x33, last.In8(I8042Spec.Data));
        Assert.Empty(_power.Asked);
    }

    [Fact]
    public void Clock_keeps_the_time_and_the_alarm_that_the_guest_set()
    {
        var time = new ManualClock();
        var cmos = new Cmos(time, 1 << 28, 0);
        Set(cmos, CmosSpec.Year, 0x42);
        Set(cmos, 0x05, 0x11);
        Set(cmos, 0x7f, 0x99);
        cmos.Out8(0, CmosSpec.Year);
        var copy = new Cmos(time, 1 << 28, 0);
        Transplant.Move(cmos, copy);
        Assert.Equal(0x42, copy.In8(1));
        Assert.Equal((0x11, 0x99), (Get(copy, 0x05), Get(copy, 0x7f)));
        Assert.Equal(Get(cmos, CmosSpec.Month), Get(copy, CmosSpec.Month));
    }

    [Fact]
    public void Power_button_that_was_pressed_is_read_after_the_restore_and_presses_no_second_time()
    {
        var power = new AcpiPower(_power, _line);
        power.PressPowerButton();
        var copy = new AcpiPower(_power, _newLine);
        Transplant.Move(power, copy);
        Assert.Equal(0, _newLine.Edges);
        Assert.Equal(AcpiHardware.EventPowerButton, copy.In8(AcpiHardware.EventStatusPort - AcpiHardware.PortStart));
        Assert.Equal(0, copy.In8(AcpiHardware.EventStatusPort - AcpiHardware.PortStart));
    }

    [Fact]
    public void Generation_id_is_the_saved_one_until_it_is_renewed()
    {
        using var ram = new TestRam((0UL, MemoryLayout.MinimumRam));
        using var other = new TestRam((0UL, MemoryLayout.MinimumRam));
        var events = new AcpiPower(_power, _line);
        var generation = new GenerationId(ram.Memory, events, new Ones(1));
        var copy = new GenerationId(other.Memory, events, new Ones(2));
        Assert.NotEqual(generation.Value, copy.Value);
        Transplant.Move(generation, copy);
        Assert.Equal(generation.Value, copy.Value);
        Assert.Equal(generation.Value, new Guid(other.Bytes(MemoryLayout.GenerationIdStart, GenerationId.Size)));
        Assert.Equal(0, _line.Edges);
        copy.Renew();
        Assert.NotEqual(generation.Value, copy.Value);
        Assert.Equal(1, _line.Edges);
    }

    [Fact]
    public void Ports_that_are_one_register_keep_it_and_reset_nothing()
    {
        var post = new PostCodePort();
        post.Out8(0, 0x42);
        var newPost = new PostCodePort();
        Transplant.Move(post, newPost);
        Assert.Equal(0x42, newPost.In8(0));

        var reset = new ResetControl(_power);
        reset.Out8(0, 0x0A);
        var newReset = new ResetControl(_power);
        Transplant.Move(reset, newReset);
        Assert.Equal(0x0A, newReset.In8(0));

        var system = new SystemControlPort(_power);
        system.Out8(0, 0);
        var newSystem = new SystemControlPort(_power);
        Transplant.Move(system, newSystem);
        Assert.Equal(0, newSystem.In8(0));
        Assert.Empty(_power.Asked);
    }

    [Fact]
    public void Address_of_the_configuration_ports_stays_between_its_two_steps()
    {
        var machine = new PciTestMachine();
        machine.Ports.Out32(0, 0x8000_0000 | PciTestMachine.Device << 11);
        var copy = new PciTestMachine();
        Transplant.Move(machine.Ports, copy.Ports);
        Assert.Equal(0x1042_1af4u, copy.Ports.In32(4));
    }

    private static int FifoRoom(Serial16550 serial) => serial.Receive(new byte[Uart16550.FifoSize]);

    private static void Set(Cmos cmos, byte register, byte value)
    {
        cmos.Out8(0, register);
        cmos.Out8(1, value);
    }

    private static byte Get(Cmos cmos, byte register)
    {
        cmos.Out8(0, register);
        return cmos.In8(1);
    }

    private sealed class Ones(byte value) : IEntropySource
    {
        private byte _value = value;

        public void Fill(Span<byte> destination) => destination.Fill(_value += 0x10);
    }
}
