using Vmm.Lab.Cache;
using Vmm.Lab.Hosts;
using Vmm.Lab.Images;
using Vmm.Lab.Kernels;
using Vmm.Tests.Linux.Guests;
using Xunit;

namespace Vmm.Tests.Linux;

/// <summary>A stock Linux VM from its creation to its removal, by commands and by the API: scripts as a user would write them.</summary>
public class ManageTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    [Theory]
    [InlineData("manage.sh", "ok removed: nothing left")]
    [InlineData("api.sh", "ok powered down, deleted, gone")]
    public async Task Stock_vm_lives_its_whole_life_by_script(string script, string lastWords)
    {
        ILabHost lab = await LabHost.EnsureAsync();
        Kernel kernel = await KernelStore.GetAsync(KernelFlavour.Cloud);
        string initramfs = await GuestInitramfs.ShellAsync(kernel);
        string path = Path.Combine(LabPaths.Checkout, "tests/Linux/Scripts", script);
        var result = await lab.RunAsync($"sh {path} {GuestSpec.Program} {kernel.BzImage} {initramfs} 2>&1", Limit);
        Assert.True(result.ExitCode == 0 && result.Output.TrimEnd().EndsWith(lastWords, StringComparison.Ordinal), result.Output);
    }
}
