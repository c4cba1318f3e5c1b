using System.Diagnostics;
using Xunit;

namespace Vmm.Tests.Vmm.Cli;

/// <summary>The whole program as a user who may have only so many threads. Root is exempt from that limit, so another user it is.</summary>
[Trait("Needs", "kvm")]
public sealed class ThreadLimitTests
{
    /// <summary>Nobody's number; what else runs as that user would count too.</summary>
    private const string User = "54321";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    [Theory]
    [Trait("Row", "54")]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(10)]
    [InlineData(12)]
    public void Host_that_refuses_a_thread_ends_the_start_with_one_line(int threads)
    {
        Assert.SkipUnless(VmmProcess.HasKvm, "no /dev/kvm for this user");
        Assert.SkipUnless(Environment.UserName == "root" && File.Exists("/usr/bin/setpriv"), "another user's limits can be set by root only");
        Assert.SkipUnless(Environment.GetEnvironmentVariable("VMM_BINARY") is not null, "the runtime under development builds needs more threads itself: set VMM_BINARY");
        (int code, string error) = Run(threads);
        // With enough of them the guest simply runs.
        if (code == ExitCodes.PoweredOff)
            return;
        Assert.Equal(ExitCodes.StartFailed, code);
        Assert.StartsWith("vmm: the host has no", error, StringComparison.Ordinal);
        Assert.Equal(1, error.Count(c => c == '\n'));
    }

    private static (int Code, string Error) Run(int threads)
    {
        // Root's access to /dev/kvm stays; what lifts the limit goes.
        string[] arguments =
        [
            "--reuid", User, "--regid", User, "--clear-groups", "--inh-caps", "-all,+dac_override", "--ambient-caps", "-all,+dac_override",
            "prlimit", $"--nproc={threads}", VmmProcess.Program, "run", "--firmware", "count", "--cpus", "4",
        ];
        ProcessStartInfo start = new("/usr/bin/setpriv", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(s_patience))
        {
            process.Kill();
            Assert.Fail($"vmm hangs with {threads} threads; it said: {output.Result}{error.Result}");
        }
        return (process.ExitCode, error.Result);
    }
}
