using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Vmm.Consoles;
using Vmm.Control.Local;
using Vmm.Tests.Vmm.Consoles;
using Xunit;

namespace Vmm.Tests.Vmm.Control;

public sealed class ControlConsoleTests : IDisposable
{
    private readonly ConsoleHub _hub = new();
    private readonly FakeConsoleDevice _device = new(room: 10_000);
    private readonly ControlledVm _vm;

    public ControlConsoleTests()
    {
        _hub.Input.Attach(_device);
        _vm = new ControlledVm(_hub);
    }

    public void Dispose()
    {
        _hub.EndOutput();
        _vm.Dispose();
        _hub.Dispose();
    }

    private Socket Attach()
    {
        Socket client = _vm.Connect();
        Assert.Equal("{}", ControlledVm.Ask(client, "{\"verb\":\"console\"}"));
        return client;
    }

    private static byte[] Frame(byte kind, params ReadOnlySpan<byte> content)
    {
        byte[] frame = new byte[ConsoleFrame.HeaderSize + content.Length];
        frame[0] = kind;
        BinaryPrimitives.WriteUInt16LittleEndian(frame.AsSpan(1), (ushort)content.Length);
        content.CopyTo(frame.AsSpan(ConsoleFrame.HeaderSize));
        return frame;
    }

    [Fact]
    public void Console_begins_with_what_was_printed_before_and_goes_on()
    {
        _hub.Write("before\n"u8);
        using Socket client = Attach();
        Assert.Equal("before", ControlledVm.ReadLine(client));
        _hub.Write("after\n"u8);
        Assert.Equal("after", ControlledVm.ReadLine(client));
    }

    [Fact]
    public void What_is_typed_reaches_the_guest_with_breaks_and_the_size_of_the_window()
    {
        using Socket client = Attach();
        client.Send(Frame(ConsoleFrame.Resize, [80, 0, 24, 0]));
        client.Send(Frame(ConsoleFrame.Data, "ls\n"u8));
        _device.DrainUntil(3);
        client.Send(Frame(ConsoleFrame.Break));
        _device.DrainUntil(4);
        Assert.Equal("ls\n#", Encoding.ASCII.GetString(_device.Taken));
        Assert.Equal((80, 24), _device.Size);
    }

    [Fact]
    public void Several_clients_see_the_same_and_all_end_with_the_VM()
    {
        using Socket one = Attach();
        using Socket other = Attach();
        _hub.Write("last words\n"u8);
        _hub.EndOutput();
        Assert.Equal("last words", ControlledVm.ReadLine(one));
        Assert.Equal("last words", ControlledVm.ReadLine(other));
        Assert.True(ControlledVm.HasEnded(one));
        Assert.True(ControlledVm.HasEnded(other));
    }

    [Theory]
    [InlineData(new byte[] { (byte)'d', 0x01, 0x10 })]
    [InlineData(new byte[] { (byte)'d', 0xff, 0xff })]
    [InlineData(new byte[] { (byte)'r', 1, 0, 7 })]
    [InlineData(new byte[] { (byte)'?', 0, 0 })]
    [Trait("Row", "84")]
    public void Frame_that_is_none_ends_that_console_and_no_other(byte[] frame)
    {
        using Socket wrong = Attach();
        using Socket right = Attach();
        wrong.Send(frame);
        // Wakes the other direction, which looks for its client when it has something to send.
        _hub.Write("x\n"u8);
        ControlledVm.ReadLine(wrong);
        Assert.True(ControlledVm.HasEnded(wrong));
        Assert.Equal("x", ControlledVm.ReadLine(right));
    }
}
