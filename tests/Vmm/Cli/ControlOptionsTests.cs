using Vmm.Host;
using Xunit;

namespace Vmm.Tests.Vmm.Cli;

/// <summary>--api-socket and --event-monitor: what is refused before anything is started.</summary>
public sealed class ControlOptionsTests
{
    [Theory, Trait("Row", "87")]
    [InlineData("--api-socket: is given twice", "--api-socket", "/nowhere/a", "--api-socket", "/nowhere/b")]
    [InlineData("--api-socket: needs a value", "--api-socket")]
    [InlineData("--event-monitor: needs --api-socket", "--event-monitor", "path=/nowhere/a")]
    [InlineData("--api-socket: fd=0", "--api-socket", "fd=0")]
    [InlineData("--api-socket: fd=9999 is no Unix socket that listens", "--api-socket", "fd=9999")]
    [InlineData("--event-monitor: '/nowhere/a' is neither path=FILE nor fd=N", "--api-socket", "/nowhere/a", "--event-monitor", "/nowhere/a")]
    [InlineData("--api-socket: '/proc/self/mem'", "run", "--firmware", "hello", "--api-socket", "/proc/self/mem")]
    [InlineData("--api-socket and --event-monitor: fd=N is handed to a process in the foreground", "run", "-d", "--firmware", "hello", "--api-socket", "fd=7")]
    [InlineData("--api-socket and --event-monitor: fd=N is handed to a process in the foreground", "create", "--firmware", "hello", "--event-monitor", "fd=7")]
    [InlineData("--api-socket: '/proc/self/mem'", "run", "-d", "--firmware", "hello", "--api-socket", "/proc/self/mem")]
    [InlineData("unknown option '--api-sock'; did you mean '--api-socket'?", "--api-sock", "/nowhere/a")]
    public void Mistake_is_named_as_a_usage_error(string expected, params string[] arguments)
    {
        VmmException wrong = CommandLineRun.Refused(arguments);
        Assert.StartsWith(expected, wrong.Message, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Usage, wrong.ExitCode);
    }
}
