using Vmm.Devices.Platform;
using Vmm.Tests.Devices.Bus;
using Vmm.Tests.Devices.Pci;
using Xunit;
using static Vmm.Devices.Platform.Spec.Uart16550;

namespace Vmm.Tests.Devices.Platform;

/// <summary>How input from outside is bounded and held back without losing any.</summary>
public class SerialInputTests
{
    private readonly RecordingLine _line = new();
    private readonly Serial16550 _serial;
    private int _roomCalls;

    public SerialInputTests()
    {
        _serial = new Serial16550("serial0", _line, new CollectingSink()) { RoomAvailable = () => _roomCalls++ };
        _serial.Out8(InterruptIdentification, FCR_ENABLE);
    }

    [Fact, Trait("Row", "45")]
    public void Without_fifo_one_byte_is_taken()
    {
        _serial.Out8(InterruptIdentification, 0);
        Assert.Equal(1, _serial.Receive("abc"u8));
    }

    [Fact, Trait("Row", "45")]
    public void Input_flood_is_bounded_by_the_chip()
    {
        Assert.Equal(FifoSize, _serial.Receive(new byte[1 << 20]));
        Assert.Equal(0, _serial.Receive("x"u8));
        Assert.Equal(0, _serial.In8(LineStatus) & LSR_OE);
    }

    [Fact, Trait("Row", "45")]
    public void Paste_of_8_MiB_arrives_whole()
    {
        const int length = 8 << 20;
        byte[] paste = new byte[length];
        new Random(45).NextBytes(paste);
        int sent = 0;
        _serial.RoomAvailable = () => sent += _serial.Receive(paste.AsSpan(sent));
        _serial.Out8(InterruptEnable, IER_RDA);
        sent = _serial.Receive(paste);

        for (int i = 0; i < length; i++)
        {
            if (!_line.Level)
                Assert.Fail($"nothing to read at byte {i}");
            byte value = _serial.In8(Data);
            if (value != paste[i])
                Assert.Fail($"byte {i} is {value}, not {paste[i]}");
        }
        Assert.Equal(length, sent);
        Assert.False(_line.Level);
    }

    [Fact, Trait("Row", "45")]
    public async Task Paste_from_another_thread_arrives_whole()
    {
        const int length = 1 << 17;
        using var room = new SemaphoreSlim(0);
        _serial.RoomAvailable = () => room.Release();
        CancellationToken cancel = TestContext.Current.CancellationToken;
        Task pump = Task.Run(async () =>
        {
            byte[] bytes = [.. Enumerable.Range(0, length).Select(i => (byte)(i * 7))];
            for (int sent = 0; ;)
            {
                sent += _serial.Receive(bytes.AsSpan(sent));
                if (sent == length)
                    return;
                await room.WaitAsync(cancel);
            }
        }, cancel);

        for (int i = 0; i < length;)
        {
            if ((_serial.In8(LineStatus) & LSR_DR) == 0)
            {
                cancel.ThrowIfCancellationRequested();
                Thread.Yield();
                continue;
            }
            byte value = _serial.In8(Data);
            if (value != (byte)(i * 7))
                Assert.Fail($"byte {i} is {value}");
            i++;
        }
        await pump;
    }

    [Fact, Trait("Row", "45")]
    public void Room_is_told_once_all_is_read_and_only_to_a_sender_that_waits()
    {
        _serial.Receive(new byte[4]);
        for (int i = 0; i < 4; i++)
            _serial.In8(Data);
        Assert.Equal(0, _roomCalls);

        _serial.Receive(new byte[20]);
        for (int i = 0; i < FifoSize - 1; i++)
            _serial.In8(Data);
        Assert.Equal(0, _roomCalls);
        _serial.In8(Data);
        _serial.In8(Data);
        Assert.Equal(1, _roomCalls);
    }

    [Fact, Trait("Row", "45")]
    public void Emptying_the_fifo_or_a_reset_makes_room_too()
    {
        _serial.Receive(new byte[20]);
        _serial.Out8(InterruptIdentification, FCR_ENABLE | FCR_CLEAR_RECEIVE);
        Assert.Equal(1, _roomCalls);
        _serial.Receive(new byte[20]);
        _serial.Reset();
        Assert.Equal(2, _roomCalls);
    }

    [Fact, Trait("Row", "45")]
    public void Dropping_RTS_holds_the_sender_back_until_it_is_raised()
    {
        _serial.Out8(ModemControl, MCR_DTR);
        Assert.Equal(0, _serial.Receive("abc"u8));
        Assert.Equal(0, _roomCalls);
        _serial.Out8(ModemControl, MCR_DTR | MCR_RTS);
        Assert.Equal(1, _roomCalls);
        Assert.Equal(3, _serial.Receive("abc"u8));
    }

    [Fact, Trait("Row", "45")]
    public void Break_without_room_is_refused_and_told_again()
    {
        _serial.Receive(new byte[FifoSize]);
        Assert.False(_serial.SendBreak());
        for (int i = 0; i < FifoSize; i++)
            _serial.In8(Data);
        Assert.Equal(1, _roomCalls);
        Assert.True(_serial.SendBreak());
    }

    [Fact]
    public void Loopback_returns_what_is_sent_and_lets_nothing_in()
    {
        _serial.Out8(ModemControl, MCR_LOOP);
        _serial.Out8(Data, (byte)'x');
        Assert.Equal(0, _serial.Receive("y"u8));
        Assert.Equal((byte)'x', _serial.In8(Data));
        Assert.Equal(0, _roomCalls);

        _serial.Out8(ModemControl, 0);
        Assert.Equal(1, _roomCalls);
    }

    [Fact]
    public void Loopback_lets_nothing_out()
    {
        var output = new CollectingSink();
        var serial = new Serial16550("serial0", _line, output);
        serial.Out8(ModemControl, MCR_LOOP);
        serial.Out8(Data, (byte)'x');
        Assert.Equal("", output.Text);
    }

    [Fact]
    public void Loopback_overrun_is_reported_and_keeps_the_first_bytes()
    {
        _serial.Out8(ModemControl, MCR_LOOP);
        for (byte i = 0; i <= FifoSize; i++)
            _serial.Out8(Data, i);
        Assert.Equal(LSR_OE, _serial.In8(LineStatus) & LSR_OE);
        Assert.Equal(0, _serial.In8(LineStatus) & LSR_OE);
        for (byte i = 0; i < FifoSize; i++)
            Assert.Equal(i, _serial.In8(Data));
    }

    [Theory]
    [InlineData(MCR_RTS, MSR_CTS)]
    [InlineData(MCR_DTR, MSR_DSR)]
    [InlineData(MCR_OUT1, MSR_RI)]
    [InlineData(MCR_OUT2, MSR_DCD)]
    public void Loopback_ties_each_output_to_its_modem_line(byte output, byte line)
    {
        _serial.Out8(ModemControl, (byte)(MCR_LOOP | output));
        Assert.Equal(line, _serial.In8(ModemStatus) & 0xf0);
        Assert.Equal(0, _serial.In8(ModemStatus) & 0x0f); // changes are told once
    }

    [Fact]
    public void Ring_indicator_is_only_noted_as_it_goes_off()
    {
        _serial.Out8(ModemControl, MCR_LOOP);
        _serial.In8(ModemStatus);
        _serial.Out8(ModemControl, MCR_LOOP | MCR_OUT1);
        Assert.Equal(MSR_RI, _serial.In8(ModemStatus));
        _serial.Out8(ModemControl, MCR_LOOP);
        Assert.Equal(MSR_TERI, _serial.In8(ModemStatus));
    }
}
