using Vmm.Lab.Hosts;
using Xunit;

namespace Vmm.Tests.Linux;

public class CheckTests
{
    [Fact]
    public async Task The_check_says_that_a_stock_kernel_can_run_where_stock_kernels_run()
    {
        ILabHost lab = await LabHost.EnsureAsync();
        var result = (await lab.RunAsync("out/vmm check --output json", TimeSpan.FromMinutes(1))).EnsureSuccess();
        Assert.True(NativeProbe.IsYes(result.Output), result.Output);
    }
}
