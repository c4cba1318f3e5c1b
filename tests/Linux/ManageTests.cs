using Vmm.Lab.Cache;
using Vmm.Lab.Hosts;
using Vmm.Lab.Images;
using Vmm.Lab.Kernels;
using Vmm.Tests.Linux.Guests;
using Xunit;

namespace Vmm.Tests.Linux;

/// <summary>VMs from their creation to their removal, by commands and by the API: scripts as a user would write them.</summary>
public class ManageTests
{
    /// <summary>How a script says that the machine lacks what it needs.</summary>
    private const int NotHere = 77;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    [Theory]
    [InlineData("manage.sh", "ok removed: nothing left")]
    [InlineData("background.sh", "ok renamed, rebooted, stopped, removed; every pause holds")]
    [InlineData("limits.sh", "ok what a killed one left, the next swept")]
    [InlineData("api.sh", "ok powered down, deleted, gone")]
    public async Task Vm_lives_its_whole_life_by_script(string script, string lastWords)
    {
        ILabHost lab = await LabHost.EnsureAsync();
        Kernel kernel = await KernelStore.GetAsync(KernelFlavour.Cloud);
        string initramfs = await GuestInitramfs.ShellAsync(kernel);
        string path = Path.Combine(LabPaths.Checkout, "tests/Linux/Scripts", script);
        var result = await lab.RunAsync($"sh {path} {GuestSpec.Program} {kernel.BzImage} {initramfs} 2>&1", Limit);
        Assert.SkipWhen(result.ExitCode == NotHere, "no cgroup v2 with a cpu controller for this user");
        Assert.True(result.ExitCode == 0 && result.Output.TrimEnd().EndsWith(lastWords, StringComparison.Ordinal), result.Output);
    }
}
