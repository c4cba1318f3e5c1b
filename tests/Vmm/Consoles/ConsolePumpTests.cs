using System.IO.Pipes;
using System.Text;
using Vmm.Consoles;
using Xunit;

namespace Vmm.Tests.Vmm.Consoles;

public sealed class ConsolePumpTests
{
    private const int Paste = 8 << 20;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private static Thread InBackground(ThreadStart act)
    {
        Thread thread = new(act) { IsBackground = true };
        thread.Start();
        return thread;
    }

    private static int Fd(AnonymousPipeServerStream pipe) => (int)pipe.ClientSafePipeHandle.DangerousGetHandle();

    private static byte[] Text(int length)
    {
        // Every byte value but Ctrl-A, which is the escape on a terminal.
        byte[] text = new byte[length];
        for (int i = 0; i < length; i++)
            text[i] = (byte)(2 + i * 7 % 254);
        return text;
    }

    [Theory]
    [InlineData(16)]
    [InlineData(4096)]
    public void Paste_into_a_pipe_loses_nothing_however_little_room_the_device_has(int room)
    {
        byte[] text = Text(room == 16 ? 1 << 18 : Paste);
        using AnonymousPipeServerStream user = new(PipeDirection.Out);
        int fd = Fd(user);
        FakeConsoleDevice device = new(room);
        using ConsolePump pump = new(fd, new Terminal(fd), _ => { });
        pump.Attach(device);
        pump.Start();
        Thread typing = InBackground(() => user.Write(text));
        device.DrainUntil(text.Length);
        Assert.Equal(text, device.Taken);
        Assert.True(typing.Join(s_patience));
    }

    [Fact]
    public void Paste_of_8_MiB_into_a_terminal_loses_nothing()
    {
        byte[] text = Text(Paste);
        using Pty pty = new();
        using Terminal terminal = new(pty.Slave);
        terminal.EnterRaw();
        FakeConsoleDevice device = new(room: 4096);
        using ConsolePump pump = new(pty.Slave, terminal, _ => { });
        pump.Attach(device);
        pump.Start();
        Thread typing = InBackground(() => pty.User.Write(text));
        device.DrainUntil(text.Length);
        Assert.Equal(text, device.Taken);
        Assert.True(typing.Join(s_patience));
    }

    [Fact]
    public void Keys_on_a_terminal_are_commands_and_on_a_pipe_data()
    {
        using Pty pty = new();
        using Terminal terminal = new(pty.Slave);
        terminal.EnterRaw();
        using CountdownEvent commands = new(2);
        List<EscapeKey> seen = [];
        FakeConsoleDevice device = new(room: 100);
        using ConsolePump pump = new(pty.Slave, terminal, key =>
        {
            seen.Add(key);
            commands.Signal();
        });
        pump.Attach(device);
        pump.Start();
        pty.User.Write("a\u0001h\u0001bz\u0001x"u8);
        Assert.True(commands.Wait(s_patience, TestContext.Current.CancellationToken));
        device.DrainUntil(3);
        Assert.Equal([EscapeKey.Help, EscapeKey.End], seen);
        Assert.Equal("a#z", Encoding.ASCII.GetString(device.Taken));

        using AnonymousPipeServerStream pipe = new(PipeDirection.Out);
        FakeConsoleDevice other = new(room: 100);
        using ConsolePump plain = new(Fd(pipe), new Terminal(Fd(pipe)), key => Assert.Fail($"{key} from a pipe"));
        plain.Attach(other);
        plain.Start();
        pipe.Write("\u0001x"u8);
        other.DrainUntil(2);
        Assert.Equal("\u0001x", Encoding.ASCII.GetString(other.Taken));
    }

    [Fact]
    public void End_key_works_while_the_guest_takes_nothing()
    {
        using Pty pty = new();
        using Terminal terminal = new(pty.Slave);
        terminal.EnterRaw();
        using ManualResetEventSlim ended = new();
        using ConsolePump pump = new(pty.Slave, terminal, _ => ended.Set());
        pump.Attach(new FakeConsoleDevice(room: 0));
        pump.Start();
        pty.User.Write("typed at a hung guest\u0001x"u8);
        Assert.True(ended.Wait(s_patience, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void What_is_typed_before_there_is_a_device_waits_for_it()
    {
        using AnonymousPipeServerStream user = new(PipeDirection.Out);
        using ConsolePump pump = new(Fd(user), new Terminal(Fd(user)), _ => { });
        pump.Start();
        user.Write("early"u8);
        FakeConsoleDevice device = new(room: 100);
        pump.Attach(device);
        device.DrainUntil(5);
        Assert.Equal("early", Encoding.ASCII.GetString(device.Taken));
    }

    [Fact]
    public void End_of_input_leaves_the_guest_its_last_bytes_and_the_pump_alive()
    {
        using AnonymousPipeServerStream user = new(PipeDirection.Out);
        FakeConsoleDevice device = new(room: 2);
        ConsolePump pump = new(Fd(user), new Terminal(Fd(user)), _ => { });
        pump.Attach(device);
        user.Write("last"u8);
        user.SafePipeHandle.Dispose();
        pump.Start();
        device.DrainUntil(4);
        Assert.Equal("last", Encoding.ASCII.GetString(device.Taken));
        pump.Dispose();
    }
}
