using Xunit;

namespace Vmm.Tests.Vmm.Cli;

/// <summary><c>vmm top</c> at a terminal.</summary>
public sealed class TopSessionTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(15)]
    public void Terminal_is_restored_when_a_signal_ends_it(int signal)
    {
        using VmmProcess top = new("top");
        top.Await("\u001b[?1049h");
        top.Await("\u001b[J");
        Assert.NotEqual(top.Before, top.Pty.Settings);
        top.Signal(signal);
        Assert.Equal(128 + signal, top.WaitForExit());
        Assert.Equal(top.Before, top.Pty.Settings);
        top.Await("\u001b[?1049l");
    }
}
