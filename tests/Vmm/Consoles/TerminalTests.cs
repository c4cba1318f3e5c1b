using Vmm.Consoles;
using Xunit;

namespace Vmm.Tests.Vmm.Consoles;

public sealed class TerminalTests
{
    [Fact]
    public void Terminal_is_raw_in_between_and_as_before_afterwards()
    {
        using Pty pty = new();
        string before = pty.Settings;
        using (Terminal terminal = new(pty.Slave))
        {
            Assert.True(terminal.IsTerminal);
            terminal.EnterRaw();
            Assert.NotEqual(before, pty.Settings);
        }
        Assert.Equal(before, pty.Settings);
    }

    [Fact]
    public void Raw_twice_is_restored_to_what_was_before_the_first()
    {
        using Pty pty = new();
        string before = pty.Settings;
        Terminal terminal = new(pty.Slave);
        terminal.EnterRaw();
        terminal.EnterRaw();
        terminal.Dispose();
        terminal.Dispose();
        Assert.Equal(before, pty.Settings);
    }

    [Fact]
    public void Terminal_given_back_is_not_taken_again()
    {
        using Pty pty = new();
        string before = pty.Settings;
        Terminal terminal = new(pty.Slave);
        terminal.EnterRaw();
        terminal.Dispose();
        terminal.EnterRaw();
        Assert.Equal(before, pty.Settings);
    }

    [Fact]
    public void Size_is_told_where_it_is_known()
    {
        using Pty pty = new();
        using Terminal terminal = new(pty.Slave);
        Assert.Null(terminal.Size);
        pty.SetSize(132, 43);
        Assert.Equal(((ushort)132, (ushort)43), terminal.Size);
    }

    [Fact]
    public void File_is_no_terminal()
    {
        using FileStream file = new("/dev/null", FileMode.Open);
        using Terminal terminal = new((int)file.SafeFileHandle.DangerousGetHandle());
        Assert.False(terminal.IsTerminal);
        Assert.Null(terminal.Size);
        terminal.EnterRaw();
    }
}
