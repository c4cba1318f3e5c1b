using Vmm.Lab.Cache;
using Vmm.Lab.Hosts;
using Vmm.Lab.Images;
using Vmm.Lab.Kernels;
using Vmm.Tests.Linux.Guests;
using Xunit;

namespace Vmm.Tests.Linux;

/// <summary>Runs the scripts of Scripts/ in the lab: each gets vmm, a kernel and an initramfs, says what went well, and ends with its last words.</summary>
internal static class LabScript
{
    /// <summary>How a script says that the machine lacks what it needs.</summary>
    private const int NotHere = 77;

    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(20);

    /// <summary>Runs a script with Debian's cloud kernel.</summary>
    /// <param name="script">Its file.</param>
    /// <param name="lastWords">What its last line begins with.</param>
    /// <param name="more">What it gets besides.</param>
    public static Task RunAsync(string script, string lastWords, params string[] more) => RunAsync(KernelFlavour.Cloud, script, lastWords, more);

    /// <summary>Runs a script.</summary>
    /// <param name="flavour">The kernel of its guests.</param>
    /// <param name="script">Its file.</param>
    /// <param name="lastWords">What its last line begins with.</param>
    /// <param name="more">What it gets besides.</param>
    public static async Task RunAsync(KernelFlavour flavour, string script, string lastWords, params string[] more)
    {
        ILabHost lab = await LabHost.EnsureAsync();
        Kernel kernel = await KernelStore.GetAsync(flavour);
        string initramfs = await GuestInitramfs.ShellAsync(kernel);
        string path = Path.Combine(LabPaths.Checkout, "tests/Linux/Scripts", script);
        // What it does is written down beside what it says, and shown when it fails: a command that is not true says nothing.
        string said = $"/tmp/script-{Environment.ProcessId}.said";
        var result = await lab.RunAsync(
            $"sh -x {path} {GuestSpec.Program} {kernel.BzImage} {initramfs} {string.Join(' ', more)} 2>{said}; code=$?; [ $code -eq 0 ] || {{ echo '== its last commands'; tail -n 25 {said}; }}; rm -f {said}; exit $code", s_limit);
        TestContext.Current.TestOutputHelper?.WriteLine(result.Output);
        string last = result.Output.TrimEnd().Split('\n')[^1];
        Assert.SkipWhen(result.ExitCode == NotHere, result.Output.Split("\n== its last commands")[0].TrimEnd().Split('\n')[^1]);
        Assert.True(result.ExitCode == 0 && last.StartsWith(lastWords, StringComparison.Ordinal), $"{script} ended with {result.ExitCode}\n{result.Output}");
    }
}
