using Vmm.Machine.Config;
using Xunit;

namespace Vmm.Tests.Vmm.Cli;

public class LogOptionTests
{
    private static IReadOnlyList<LogConfig> Logs(params string[] arguments) =>
        MachineConfigFile.FromText("dry-run", CommandLineRun.DryRun(arguments)).Config.Log;

    [Fact]
    public void Without_the_option_the_log_goes_to_standard_error_at_the_level_that_is_usual_there() =>
        Assert.Equal([new()], Logs());

    [Fact]
    public void Every_key_reaches_the_machine() =>
        Assert.Equal(
            [
                new() { Level = LogThreshold.Debug },
                new() { Target = LogTarget.File, Path = "a,b.log", Format = LogFormat.Json, Level = LogThreshold.Trace, Size = new(16 << 20) },
                new() { Target = LogTarget.Journal, Path = "/j", Level = LogThreshold.Debug },
            ],
            Logs("--log", "stderr", "--log", "file=a,,b.log,format=json,level=trace,size=16M", "--log", "journal,socket=/j", "--log-level", "debug"));

    [Fact]
    public void A_place_given_again_is_described_anew_and_off_forgets_the_others()
    {
        Assert.Equal([new() { Level = LogThreshold.Error }], Logs("--log", "stderr", "--log", "stderr,level=error"));
        Assert.Equal([new() { Target = LogTarget.Off, Level = LogThreshold.Info }], Logs("--log", "stderr", "--log", "off"));
    }

    [Theory]
    [InlineData("nowhere", "'nowhere' is none of stderr, file, journal, off")]
    [InlineData("file", "file needs a path: file=PATH")]
    [InlineData("level=info", "is one of stderr, file=PATH, journal, off")]
    [InlineData("stderr,level=loud", "'loud' is none of error, warning, info, debug, trace")]
    [InlineData("stderr,size=1M", "a size has a meaning only for a file, not for stderr")]
    [InlineData("file=a,size=1K", "1K is too little for a log: at least 64K")]
    [InlineData("journal,format=json", "format: has a meaning only for a file or stderr, not for journal")]
    [InlineData("file=/proc/self/mem", "is an interface of the host's kernel")]
    [InlineData("stderr,colour=on", "unknown key 'colour'")]
    public void A_wrong_value_is_told(string value, string reason)
    {
        Exception refused = Assert.ThrowsAny<Exception>(() => CommandLineRun.DryRun("--log", value));
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }
}
