using Vmm.Lab.Cache;
using Vmm.Lab.Images;
using Xunit;

namespace Vmm.Tests.Linux;

/// <summary>Stock guests on networks of the lab's.</summary>
[Trait("Lab", "second")]
public class NetworkTests
{
    [Fact]
    public async Task Guest_on_a_tap_pings_downloads_and_streams_both_ways() =>
        await LabScript.RunAsync("net-tap.sh", "ok what cannot be used is refused by name", await DiskImage.ToolsAsync());

    [Fact]
    public async Task Guest_whose_frames_the_hosts_kernel_moves_is_saved_limited_and_migrated_as_without() =>
        await LabScript.RunAsync("net-vhost.sh", "ok a copy of it comes back by vhost; nothing is left behind", await DiskImage.ToolsAsync(), await Resource.ProgramAsync("streams"));

    [Fact]
    public async Task Guest_of_an_ordinary_user_is_on_the_hosts_network_by_passt() =>
        await LabScript.RunAsync("net-passt.sh", "ok a vmm that is killed takes its passt along", await DiskImage.ToolsAsync());
}
