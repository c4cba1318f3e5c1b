using Vmm.Devices.Platform;
using Vmm.Tests.Devices.Bus;
using Vmm.Tests.Devices.Pci;
using Xunit;
using static Vmm.Devices.Platform.Spec.I8042Spec;

namespace Vmm.Tests.Devices.Platform;

public class I8042Tests
{
    private const byte InputFull = 1 << 1;
    private readonly RecordingPower _power = new();
    private readonly RecordingLine _line = new();
    private readonly I8042 _controller;

    public I8042Tests() => _controller = new I8042(_power, _line);

    private byte Status => _controller.In8(StatusCommand);

    private byte Ask(byte command)
    {
        _controller.Out8(StatusCommand, command);
        Assert.Equal(StatusOutputFull, Status & StatusOutputFull);
        return _controller.In8(Data);
    }

    [Fact]
    public void Nothing_waits_at_power_on_and_input_is_never_full()
    {
        Assert.Equal(0, Status & (StatusOutputFull | InputFull));
        _controller.Out8(StatusCommand, ReadRam);
        Assert.Equal(0, Status & InputFull);
    }

    [Fact]
    public void Command_byte_and_controller_ram_are_kept()
    {
        Assert.Equal(ControlDefault, Ask(ReadRam));
        _controller.Out8(StatusCommand, WriteRam + 5);
        _controller.Out8(Data, 0x77);
        Assert.Equal(0x77, Ask(ReadRam + 5));
        Assert.Equal(ControlDefault, Ask(ReadRam));
    }

    [Fact]
    public void Tests_pass_for_the_controller_and_fail_for_the_mouse()
    {
        Assert.Equal(SelfTestPassed, Ask(SelfTest));
        Assert.Equal(WiresGood, Ask(TestKeyboard));
        Assert.Equal(ClockStuckLow, Ask(TestMouse));
    }

    [Fact]
    public void Mouse_loop_answers_without_the_mouses_mark_so_linux_gives_up_at_once()
    {
        _controller.Out8(StatusCommand, WriteMouseBuffer);
        _controller.Out8(Data, 0x5a);
        Assert.Equal(0, Status & 0x20);
        Assert.Equal(0x5a, _controller.In8(Data));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(WriteMouse)]
    public void Byte_to_an_absent_device_comes_back_as_time_out(byte? command)
    {
        if (command is { } first)
            _controller.Out8(StatusCommand, first);
        _controller.Out8(Data, 0xf2); // identify
        Assert.Equal(StatusTimeout | StatusOutputFull, Status & (StatusTimeout | StatusOutputFull));
        Assert.Equal(NoAnswer, _controller.In8(Data));
        Assert.Equal(0, Status & (StatusTimeout | StatusOutputFull));
    }

    [Fact]
    public void Interrupt_follows_the_output_buffer_and_its_enable_bit()
    {
        _controller.Out8(Data, 0xed);
        Assert.True(_line.Level);
        _controller.In8(Data);
        Assert.False(_line.Level);

        _controller.Out8(StatusCommand, WriteRam);
        _controller.Out8(Data, 0);
        _controller.Out8(Data, 0xed);
        Assert.False(_line.Level);
        Assert.Equal((1, 0), (_line.Edges, _line.Redundant));
    }

    [Fact]
    public void Pulsing_the_reset_line_resets()
    {
        _controller.Out8(StatusCommand, 0xff);
        Assert.Empty(_power.Asked);
        _controller.Out8(StatusCommand, 0xfe);
        Assert.Equal(["reset"], _power.Asked);
    }

    [Fact]
    public void Output_port_keeps_A20_and_resets_on_bit_zero()
    {
        Assert.Equal(OutputNoReset | OutputA20, Ask(ReadOutputPort));
        _controller.Out8(StatusCommand, WriteOutputPort);
        _controller.Out8(Data, 0xdd);
        Assert.Equal(0xdd, Ask(ReadOutputPort));
        Assert.Empty(_power.Asked);
        _controller.Out8(StatusCommand, WriteOutputPort);
        _controller.Out8(Data, 0xfe);
        Assert.Equal(["reset"], _power.Asked);
    }

    [Fact, Trait("Row", "46")]
    public void Ports_between_data_and_status_are_nobodys()
    {
        Assert.Equal(0xff, _controller.In8(1));
        _controller.Out8(1, 0xfe);
        Assert.Empty(_power.Asked);
    }

    [Fact]
    public void Every_command_and_every_byte_leaves_it_ready()
    {
        for (int command = 0; command < 0x100; command++)
        {
            for (int value = 0; value < 0x100; value += 0x33)
            {
                _controller.Out8(StatusCommand, (byte)command);
                _controller.Out8(Data, (byte)value);
                _controller.In8(Data);
                Assert.Equal(0, Status & (StatusOutputFull | InputFull));
            }
        }
        _controller.Reset();
        Assert.Equal(ControlDefault, Ask(ReadRam));
    }
}
