using System.ComponentModel;
using Vmm.Cli;
using Vmm.Host;
using Xunit;

namespace Vmm.Tests.Vmm.Cli;

public sealed class ErrorReportTests
{
    private static (int Code, string Text) Report(Exception fault, bool showTrace = false)
    {
        using StringWriter error = new();
        return (ErrorReport.Write(fault, error, showTrace), error.ToString());
    }

    [Fact]
    public void Users_error_is_one_line_with_its_exit_code()
    {
        (int code, string text) = Report(new VmmException("first\nsecond", ExitCodes.StartFailed));
        Assert.Equal(ExitCodes.StartFailed, code);
        Assert.Equal("vmm: first second\n", text);
    }

    [Fact]
    public void Usage_error_has_its_hint() =>
        Assert.Equal("vmm: no\nTry this.\n", Report(new UsageException("no", "Try this.")).Text);

    [Fact]
    public void Fault_of_ours_says_how_to_report_it_and_shows_no_trace()
    {
        (int code, string text) = Report(Thrown());
        Assert.Equal(ExitCodes.Internal, code);
        Assert.Contains("VMM_DEBUG=1", text, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", text, StringComparison.Ordinal);
        Assert.Equal(2, text.Count(c => c == '\n'));
    }

    [Fact]
    [Trait("Row", "54")]
    public void Host_without_memory_or_threads_is_no_fault_of_ours()
    {
        (int code, string text) = Report(new InsufficientMemoryException());
        Assert.Equal(ExitCodes.StartFailed, code);
        Assert.Contains("ulimit", text, StringComparison.Ordinal);
        Assert.Equal(1, text.Count(c => c == '\n'));
    }

    [Fact]
    [Trait("Row", "54")]
    public void Host_without_descriptors_is_no_fault_of_ours_however_the_runtime_tells_it()
    {
        foreach (Exception fault in (Exception[])[new Win32Exception((int)Errno.EMFILE), new IOException("x", (int)Errno.EMFILE), new TypeInitializationException("x", new Win32Exception((int)Errno.ENFILE)), new HostException("open", Errno.EMFILE)])
        {
            (int code, string text) = Report(fault);
            Assert.Equal(ExitCodes.StartFailed, code);
            Assert.EndsWith(": raise the limit (ulimit -n)\n", text, StringComparison.Ordinal);
            Assert.Equal(1, text.Count(c => c == '\n'));
        }
    }

    [Fact]
    public void Trace_is_shown_when_asked_for() => Assert.Contains("   at ", Report(Thrown(), showTrace: true).Text, StringComparison.Ordinal);

    [Fact]
    public void Escape_sequences_in_a_name_do_not_reach_the_terminal() =>
        Assert.DoesNotContain('\u001b', Report(new VmmException("file \u001b[2J")).Text);

    [Fact]
    [Trait("Row", "88")]
    public void Closed_standard_error_does_not_hide_the_exit_code()
    {
        using FileStream full = new("/dev/full", FileMode.Open, FileAccess.Write, FileShare.Write, 0);
        using StreamWriter error = new(full) { AutoFlush = true };
        Assert.Equal(ExitCodes.Usage, ErrorReport.Write(new VmmException("x", ExitCodes.Usage), error, showTrace: false));
        error.AutoFlush = false;
    }

    private static InvalidOperationException Thrown()
    {
        try
        {
            throw new InvalidOperationException("broken");
        }
        catch (InvalidOperationException fault)
        {
            return fault;
        }
    }

    [Fact]
    public void Output_that_cannot_be_written_is_no_fault_of_ours()
    {
        (int code, string text) = Report(new IOException("No space left on device"));
        Assert.Equal(ExitCodes.StartFailed, code);
        Assert.StartsWith("vmm: No space left on device", text, StringComparison.Ordinal);
        Assert.Equal(1, text.Count(c => c == '\n'));
    }

    [Fact]
    public void Path_that_is_none_is_a_usage_error()
    {
        (int code, string text) = Report(Record.Exception(() => Path.GetFullPath(""))!);
        Assert.Equal(ExitCodes.Usage, code);
        Assert.Equal("vmm: a path is empty, or holds a NUL character: give a file\n", text);
    }
}
