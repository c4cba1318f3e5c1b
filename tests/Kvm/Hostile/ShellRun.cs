using Vmm.Tests.Kvm.Firmware;
using Xunit;

namespace Vmm.Tests.Kvm.Hostile;

/// <summary>The shipped program under a shell that first takes something away from it.</summary>
internal static class ShellRun
{
    /// <summary>vmm as it is shipped, where VMM_BINARY names it; else as it was just built.</summary>
    public static string Program => Environment.GetEnvironmentVariable("VMM_BINARY") ?? Path.Combine(AppContext.BaseDirectory, "vmm");

    /// <summary>Whether <see cref="Program"/> is the shipped one: the development runtime needs more memory and descriptors itself.</summary>
    public static void RequireShipped() =>
        Assert.SkipWhen(Environment.GetEnvironmentVariable("VMM_BINARY") is null, "the development runtime hits the limit itself: set VMM_BINARY");

    /// <summary>Runs a line of shell in which $vmm is the program.</summary>
    public static Task<GuestRun> WatchAsync(string line) => GuestRun.WatchAsync("/bin/sh", ["-c", $"vmm='{Program}'; {line}"], "");

    /// <summary>Fails unless it was a refusal to start: one line that contains the text.</summary>
    public static void AssertRefused(GuestRun run, string text)
    {
        Assert.Equal(ExitCodes.StartFailed, run.ExitCode);
        Assert.Contains(text, run.Errors, StringComparison.Ordinal);
        Assert.StartsWith("vmm: ", run.Errors, StringComparison.Ordinal);
        Assert.Equal(1, run.Errors.Count(c => c == '\n'));
        Assert.Empty(run.Output);
    }
}
