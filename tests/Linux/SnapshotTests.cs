using Vmm.Lab.Images;
using Xunit;

namespace Vmm.Tests.Linux;

/// <summary>Stock guests that are frozen, and go on.</summary>
[Trait("Lab", "second")]
public class SnapshotTests
{
    [Fact]
    public async Task Stock_guest_goes_on_from_snapshots_with_its_memory_disk_and_clocks_right() =>
        await LabScript.RunAsync("snapshot.sh", "ok nothing is left of what was being made", await DiskImage.ToolsAsync());
}
