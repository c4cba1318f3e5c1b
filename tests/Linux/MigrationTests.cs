using Vmm.Lab.Cache;
using Vmm.Lab.Images;
using Xunit;

namespace Vmm.Tests.Linux;

/// <summary>Stock guests that move while they work.</summary>
public class MigrationTests
{
    private const string LastWords = "ok nothing is left behind";

    [Fact]
    public async Task Stock_guest_moves_between_network_namespaces_and_back_and_nothing_it_does_is_disturbed() =>
        await LabScript.RunAsync("migrate.sh", LastWords, await DiskImage.ToolsAsync(), await Resource.ProgramAsync("streams"));

    [Fact]
    public async Task Guest_on_huge_pages_goes_on_elsewhere_before_its_memory_is_there() =>
        await LabScript.RunAsync("migrate-huge.sh", LastWords);

    // In the other lane: each of the two takes minutes.
    [Fact]
    [Trait("Lab", "second")]
    public async Task Stock_guest_moves_before_its_memory_and_by_handing_it_over_and_nothing_it_does_is_disturbed() =>
        await LabScript.RunAsync("migrate-modes.sh", LastWords, await DiskImage.ToolsAsync(), await Resource.ProgramAsync("streams"));
}
