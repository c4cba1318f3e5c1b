using System.CommandLine;
using Vmm.Cli;
using Vmm.Host;
using Xunit;

namespace Vmm.Tests.Vmm.Cli;

public sealed class CommandLineTests
{
    [Fact]
    public void No_argument_shows_the_help_as_a_usage_error()
    {
        (int code, string output) = CommandLineRun.Run();
        Assert.Equal(ExitCodes.Usage, code);
        Assert.Contains("run", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Version_is_told_by_verb_and_by_option()
    {
        (int code, string output) = CommandLineRun.Run("version");
        Assert.Equal(0, code);
        Assert.StartsWith("vmm 0.", output, StringComparison.Ordinal);
        Assert.Equal(output, CommandLineRun.Run("--version").Output);
    }

    [Theory]
    [InlineData("unknown command 'rnu'; did you mean 'run'?", "rnu")]
    [InlineData("unknown command 'lst'; did you mean 'list'?", "firmware", "lst")]
    [InlineData("there is no firmware 'helo'; did you mean 'hello'?", "firmware", "show", "helo")]
    [InlineData("--syntax: 'masm' is none of nasm, intel, gas", "firmware", "show", "hello", "--syntax", "masm")]
    [InlineData("--output: 'xml' is none of text, json", "check", "--output", "xml")]
    [InlineData("unexpected argument 'x'", "check", "x")]
    [InlineData("which command?", "vmm")]
    [InlineData("--event-monitor: needs --api-socket beside it, or 'run'", "--event-monitor", "path=/dev/null")]
    [InlineData("--from: needs --step beside it", "trace", "web", "--from", "0x1000")]
    [InlineData("--from: 'start_kernel' is neither an address, as in 0xffffffff81000000, nor a name: those need --symbols", "trace", "web", "--step", "--from", "start_kernel")]
    [InlineData("--from: no processor has the address 0x800000000000000: its bits from 57 on must all be as bit 56", "trace", "web", "--step", "--from", "0x800000000000000")]
    [InlineData("--step: --device leaves out every step, for a step is no access: leave one of the two out", "trace", "web", "--step", "--device", "serial0")]
    [InlineData("--step: --port leaves out every step, for a step is no access: leave one of the two out", "trace", "web", "--step", "--port", "0x3f8")]
    [InlineData("--step: --address leaves out every step, for a step is no access: leave one of the two out", "trace", "web", "--reason", "debug", "--step", "--address", "0xfe000000")]
    [InlineData("--step: --reason leaves out every step: steps are exits for 'debug', as in --reason debug,io", "trace", "web", "--step", "--reason", "io")]
    [InlineData("which VM?", "trace", "--step", "--reason", "io,debug", "--vcpu", "0")]
    [InlineData("'web': a trace that was saved is read from its file alone: vmm trace show FILE", "trace", "web", "show", "file")]
    [InlineData("'web': a trace that was saved is read from its file alone: vmm trace stats FILE", "trace", "web", "stats", "file")]
    [InlineData("--rounds: '99999999999' is no whole number from 1 to", "bench", "pause", "--rounds", "99999999999")]
    [InlineData("--tail: '-1' is no whole number from 1 to", "logs", "web", "--tail", "-1")]
    [InlineData("'yesterday' is no time; write it as 2026-01-31T12:00:00Z", "agent", "web", "set-time", "yesterday")]
    [InlineData("'garbage' is no command: write", "agent", "web", "raw", "garbage")]
    [InlineData("cannot read the machine file '/': it is a folder, not a file", "run", "/")]
    public void Wrong_word_is_a_usage_error_that_knows_better(string expected, params string[] arguments)
    {
        VmmException wrong = CommandLineRun.Refused(arguments);
        Assert.StartsWith(expected, wrong.Message, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Usage, wrong.ExitCode);
    }

    [Theory]
    [InlineData("firmware")]
    [InlineData("firmware", "show")]
    [InlineData("firmware", "write", "hello")]
    public void Missing_word_is_a_usage_error(params string[] arguments) =>
        Assert.Equal(ExitCodes.Usage, CommandLineRun.Refused(arguments).ExitCode);

    [Fact]
    public void Each_verb_is_found_by_the_name_that_its_command_has()
    {
        foreach (string name in Verbs.Names)
            Assert.Equal(name, Assert.Single(Verbs.Create(name)).Name);
        Assert.Equal(Verbs.Names, Verbs.Create("vresion").Select(command => command.Name));
    }

    [Fact]
    public void Every_option_has_a_description_of_one_line()
    {
        foreach (Command command in CommandLine.Create().Subcommands)
        {
            Assert.False(string.IsNullOrEmpty(command.Description));
            Assert.All(command.Options, option => Assert.False(string.IsNullOrEmpty(option.Description) || option.Description.Contains('\n')));
        }
    }

    [Fact]
    public void Firmware_written_out_is_an_ELF_file()
    {
        string path = Path.GetTempFileName();
        try
        {
            Assert.Equal(0, CommandLineRun.Run("firmware", "write", "hello", path).Code);
            Assert.Equal([0x7f, (byte)'E', (byte)'L', (byte)'F'], File.ReadAllBytes(path)[..4]);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Firmware_is_listed_and_shown()
    {
        Assert.Contains("hello", CommandLineRun.Run("firmware", "list").Output, StringComparison.Ordinal);
        Assert.Contains("code", CommandLineRun.Run("firmware", "show", "hello").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Firmware_that_cannot_be_written_names_the_file()
    {
        VmmException wrong = CommandLineRun.Refused("firmware", "write", "hello", "/nowhere/x.elf");
        Assert.Contains("/nowhere/x.elf", wrong.Message, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.StartFailed, wrong.ExitCode);
    }
}
