using System.Diagnostics;
using Xunit;

namespace Vmm.Tests.Vmm.Cli;

[Trait("Needs", "kvm")]
public sealed class FileSizeLimitTests
{
    [Fact]
    [Trait("Row", "58")]
    [Trait("Row", "88")]
    public async Task Log_that_may_not_grow_is_dropped_and_counted_and_the_guest_runs_to_its_end()
    {
        Assert.SkipUnless(VmmProcess.HasKvm, "no /dev/kvm for this user");
        Assert.SkipUnless(Environment.GetEnvironmentVariable("VMM_BINARY") is not null, "the runtime under development builds writes files itself: set VMM_BINARY");
        string log = Path.GetTempFileName();
        string command = $"ulimit -f 0; exec '{VmmProcess.Program}' run --firmware hello --console file={log}";
        using Process process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", command]) { RedirectStandardError = true })!;
        string error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(ExitCodes.PoweredOff, process.ExitCode);
        Assert.Contains("bytes of console output were dropped", error, StringComparison.Ordinal);
        File.Delete(log);
    }
}
