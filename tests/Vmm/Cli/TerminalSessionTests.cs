using Xunit;

namespace Vmm.Tests.Vmm.Cli;

/// <summary>The whole program at a terminal, with the monitor as its guest.</summary>
[Trait("Needs", "kvm")]
public sealed class TerminalSessionTests
{
    private const int Hangup = 1;
    private const int Interrupt = 2;
    private const int Terminate = 15;
    private const int Continue = 18;
    private const int Stop = 19;

    /// <summary>What the monitor shows when it waits for a command.</summary>
    private const string Prompt = "> ";

    private static VmmProcess Start(params string[] more)
    {
        if (!VmmProcess.HasKvm)
            Assert.Skip("needs /dev/kvm");
        VmmProcess vmm = new(["run", "--firmware", "monitor", "--memory", "16M", .. more]);
        vmm.Await(Prompt);
        return vmm;
    }

    [Fact]
    public void Terminal_is_raw_while_the_guest_runs_and_restored_by_the_end_key()
    {
        using VmmProcess vmm = Start();
        Assert.NotEqual(vmm.Before, vmm.Pty.Settings);
        vmm.Type("\u0001x");
        Assert.Equal(0, vmm.WaitForExit());
        Assert.Equal(vmm.Before, vmm.Pty.Settings);
    }

    [Theory]
    [InlineData(Hangup)]
    [InlineData(Interrupt)]
    [InlineData(Terminate)]
    public void Terminal_is_restored_and_the_signal_told_when_one_ends_the_process(int signal)
    {
        using VmmProcess vmm = Start();
        vmm.Signal(signal);
        Assert.Equal(128 + signal, vmm.WaitForExit());
        Assert.Equal(vmm.Before, vmm.Pty.Settings);
    }

    [Fact]
    public void Terminal_is_raw_again_when_the_process_goes_on_after_a_stop()
    {
        using VmmProcess vmm = Start();
        string raw = vmm.Pty.Settings;
        vmm.Signal(Stop);
        vmm.AwaitStop();
        vmm.Pty.Restore(vmm.Before);
        vmm.Signal(Continue);
        Assert.True(SpinWait.SpinUntil(() => vmm.Pty.Settings == raw, TimeSpan.FromMinutes(1)));
        // Nothing makes it cooked again: a key is heard without a line feed.
        vmm.Type("\u0001x");
        Assert.Equal(0, vmm.WaitForExit());
        Assert.Equal(vmm.Before, vmm.Pty.Settings);
    }

    /// <summary>As timeout(1) does it, and a terminal that is closed.</summary>
    [Fact]
    public void Several_signals_at_once_are_one_wish_to_end()
    {
        using VmmProcess vmm = Start("--stats");
        vmm.Signal(Terminate);
        vmm.Signal(Terminate);
        vmm.Signal(Hangup);
        Assert.True(vmm.WaitForExit() is 128 + Terminate or 128 + Hangup, vmm.Screen);
        Assert.Equal(vmm.Before, vmm.Pty.Settings);
        vmm.Await("exits in all");
    }

    [Fact]
    public void Terminal_is_restored_when_the_guest_powers_off_and_its_last_words_are_shown()
    {
        using VmmProcess vmm = Start();
        vmm.Type("halt\r");
        int code = vmm.WaitForExit();
        Assert.Equal(vmm.Before, vmm.Pty.Settings);
        Assert.Equal(0, code);
    }

    [Fact]
    public void Help_key_shows_the_keys_and_the_guest_does_not_hear_it()
    {
        using VmmProcess vmm = Start();
        vmm.Type("\u0001h");
        vmm.Await("Ctrl-A x");
        vmm.Type("\u0001x");
        Assert.Equal(0, vmm.WaitForExit());
    }

    [Fact]
    public void Typed_text_reaches_the_guest_and_Ctrl_C_does_not_end_it()
    {
        using VmmProcess vmm = Start();
        vmm.Type("\u0003help\r");
        vmm.Await("cpuid");
        vmm.Type("\u0001x");
        Assert.Equal(0, vmm.WaitForExit());
    }

    [Fact]
    public void Statistics_come_after_the_terminal_is_restored()
    {
        using VmmProcess vmm = Start("--stats");
        vmm.Type("\u0001x");
        vmm.Await("exits in all");
        Assert.Equal(0, vmm.WaitForExit());
        Assert.Contains("serial0", vmm.Screen, StringComparison.Ordinal);
    }

    [Fact]
    public void Terminal_is_untouched_when_the_machine_cannot_be_started()
    {
        using VmmProcess vmm = new("run", "--kernel", "/nowhere/vmlinuz");
        Assert.Equal(ExitCodes.StartFailed, vmm.WaitForExit());
        Assert.Equal(vmm.Before, vmm.Pty.Settings);
        vmm.Await("/nowhere/vmlinuz");
        Assert.DoesNotContain("   at ", vmm.Screen, StringComparison.Ordinal);
    }
}
