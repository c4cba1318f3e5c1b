using Vmm.Devices.Platform;
using Vmm.Tests.Devices.Bus;
using Vmm.Tests.Devices.Pci;
using Xunit;
using static Vmm.Devices.Platform.Spec.Uart16550;

namespace Vmm.Tests.Devices.Platform;

public class Serial16550Tests
{
    private readonly RecordingLine _line = new();
    private readonly CollectingSink _output = new();
    private readonly Serial16550 _serial;

    public Serial16550Tests() => _serial = new Serial16550("serial0", _line, _output);

    private void EnableFifo(byte trigger = 0) => _serial.Out8(InterruptIdentification, (byte)(FCR_ENABLE | trigger << FCR_TRIGGER_SHIFT));

    private byte Cause() => (byte)(_serial.In8(InterruptIdentification) & 0x0f);

    [Fact]
    public void Bytes_written_are_out_at_once()
    {
        foreach (char c in "hello")
            _serial.Out8(Data, (byte)c);
        Assert.Equal("hello", _output.Text);
        Assert.Equal(LSR_THRE | LSR_TEMT, _serial.In8(LineStatus));
    }

    [Fact]
    public void Bytes_received_are_read_in_order()
    {
        EnableFifo();
        Assert.Equal(3, _serial.Receive("abc"u8));
        Assert.Equal(LSR_DR, _serial.In8(LineStatus) & LSR_DR);
        Assert.Equal(((byte)'a', (byte)'b', (byte)'c'), (_serial.In8(Data), _serial.In8(Data), _serial.In8(Data)));
        Assert.Equal(0, _serial.In8(LineStatus) & LSR_DR);
        Assert.Equal(0, _serial.In8(Data));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 4)]
    [InlineData(2, 8)]
    [InlineData(3, 14)]
    public void Trigger_level_divides_received_data_from_time_out(byte setting, int level)
    {
        EnableFifo(setting);
        _serial.Out8(InterruptEnable, IER_RDA);
        for (int count = 1; count <= FifoSize; count++)
        {
            _serial.Receive("x"u8);
            Assert.Equal(count >= level ? IIR_RDA : IIR_CTI, Cause());
        }
    }

    [Fact]
    public void Interrupts_are_told_in_order_of_priority()
    {
        EnableFifo();
        _serial.Out8(InterruptEnable, IER_MASK);
        _serial.Out8(ModemControl, MCR_LOOP); // the modem's lines drop: a change
        _serial.Out8(ModemControl, 0);
        _serial.SendBreak();

        Assert.Equal(IIR_LSR, Cause());
        Assert.Equal(LSR_BI, _serial.In8(LineStatus) & LSR_BI);
        Assert.Equal(IIR_RDA, Cause());
        _serial.In8(Data);
        Assert.Equal(IIR_THRE, Cause()); // reading it takes it back
        Assert.Equal(IIR_MSR, Cause());
        Assert.NotEqual(0, _serial.In8(ModemStatus) & 0x0f);
        Assert.Equal(IIR_NONE, Cause());
        Assert.False(_line.Level);
        Assert.Equal(0, _line.Redundant);
    }

    [Fact]
    public void Interrupt_line_follows_the_cause_without_redundant_calls()
    {
        EnableFifo();
        _serial.Out8(InterruptEnable, IER_RDA);
        Assert.False(_line.Level);
        _serial.Receive("ab"u8);
        Assert.True(_line.Level);
        _serial.In8(Data);
        Assert.True(_line.Level);
        _serial.In8(Data);
        Assert.False(_line.Level);
        Assert.Equal((1, 0), (_line.Edges, _line.Redundant));
    }

    [Fact]
    public void Transmit_interrupt_gives_a_new_edge_for_each_batch()
    {
        EnableFifo();
        _serial.Out8(InterruptEnable, IER_THRE);
        for (int batch = 1; batch <= 3; batch++)
        {
            Assert.Equal(batch, _line.Edges);
            Assert.Equal(IIR_THRE, Cause());
            Assert.False(_line.Level);
            for (int i = 0; i < FifoSize; i++)
                _serial.Out8(Data, (byte)'x');
        }
        _serial.Out8(InterruptEnable, 0);
        Assert.False(_line.Level);
        Assert.Equal(0, _line.Redundant);
    }

    [Fact]
    public void Break_arrives_in_order_and_marks_the_line_status_when_its_turn_comes()
    {
        EnableFifo();
        _serial.Receive("a"u8);
        Assert.True(_serial.SendBreak());
        _serial.Receive("b"u8);

        int Status() => _serial.In8(LineStatus) & ~(LSR_THRE | LSR_TEMT);
        Assert.Equal(LSR_DR | LSR_FIFO_ERROR, Status());
        Assert.Equal((byte)'a', _serial.In8(Data));
        Assert.Equal(LSR_DR | LSR_BI | LSR_FIFO_ERROR, Status());
        Assert.Equal(LSR_DR, Status());
        Assert.Equal(0, _serial.In8(Data));
        Assert.Equal((byte)'b', _serial.In8(Data));
    }

    [Fact]
    public void Divisor_latch_hides_data_and_interrupt_enable()
    {
        _serial.Out8(InterruptEnable, IER_RDA);
        _serial.Out8(LineControl, LCR_DLAB | 3);
        _serial.Out8(Data, 0x0c);
        _serial.Out8(InterruptEnable, 0x34);
        Assert.Equal(0x340c, _serial.In16(Data));
        _serial.Out8(LineControl, 3);
        Assert.Equal("", _output.Text);
        Assert.Equal(IER_RDA, _serial.In8(InterruptEnable));
        Assert.Equal(3, _serial.In8(LineControl));
    }

    [Fact, Trait("Row", "32")]
    public void Status_registers_are_read_only_and_reserved_bits_stay_zero()
    {
        _serial.Out8(LineStatus, 0xff);
        _serial.Out8(ModemStatus, 0xff);
        Assert.Equal(LSR_THRE | LSR_TEMT, _serial.In8(LineStatus));
        Assert.Equal(MSR_DCD | MSR_DSR | MSR_CTS, _serial.In8(ModemStatus));
        _serial.Out8(InterruptEnable, 0xff);
        Assert.Equal(IER_MASK, _serial.In8(InterruptEnable));
        _serial.Out8(ModemControl, 0xff);
        Assert.Equal(MCR_MASK, _serial.In8(ModemControl));
    }

    [Fact, Trait("Row", "31")]
    public void Wide_accesses_are_as_many_byte_accesses()
    {
        _serial.Out8(Scratch, 0x77);
        Assert.Equal(0x77, (byte)(_serial.In64(Data) >> 56));
        _serial.Out16(Scratch, 0x1234); // the second byte is nobody's
        Assert.Equal(0xff34, _serial.In16(Scratch));
    }

    [Fact]
    public void Fifo_control_empties_the_fifo()
    {
        EnableFifo();
        _serial.Receive("abc"u8);
        _serial.Out8(InterruptIdentification, FCR_ENABLE | FCR_CLEAR_RECEIVE);
        Assert.Equal(0, _serial.In8(LineStatus) & LSR_DR);
        Assert.Equal(IIR_FIFO | IIR_NONE, _serial.In8(InterruptIdentification));
        _serial.Receive("abc"u8);
        _serial.Out8(InterruptIdentification, 0);
        Assert.Equal(0, _serial.In8(LineStatus) & LSR_DR);
        Assert.Equal(IIR_NONE, _serial.In8(InterruptIdentification));
    }

    [Fact]
    public void Reset_returns_to_power_on_and_lowers_the_line()
    {
        EnableFifo();
        _serial.Out8(InterruptEnable, IER_MASK);
        _serial.Receive("abc"u8);
        _serial.Reset();
        Assert.False(_line.Level);
        Assert.Equal(IIR_NONE, _serial.In8(InterruptIdentification));
        Assert.Equal(LSR_THRE | LSR_TEMT, _serial.In8(LineStatus));
    }

    [Fact]
    public void Accesses_allocate_nothing()
    {
        var serial = new Serial16550("serial0", _line, new NullSink());
        serial.Out8(Data, 0);
        serial.In8(LineStatus);
        Assert.Equal(0, Allocated.Least(() =>
        {
            for (int i = 0; i < 1000; i++)
            {
                serial.Out8(Data, (byte)i);
                serial.In8(LineStatus);
            }
        }));
    }

    private sealed class NullSink : Vmm.Devices.Backends.IByteSink
    {
        public void Write(ReadOnlySpan<byte> bytes)
        {
        }
    }
}
