using Vmm.Lab.Cache;
using Vmm.Lab.Images;
using Xunit;

namespace Vmm.Tests.Linux;

/// <summary>Stock guests that move while they work.</summary>
public class MigrationTests
{
    // Asked for by name only (-explicit on): it has not been seen to its last line yet.
    [Fact(Explicit = true)]
    public async Task Stock_guest_moves_between_network_namespaces_and_back_and_nothing_it_does_is_disturbed() =>
        await LabScript.RunAsync("migrate.sh", "ok nothing is left behind", await DiskImage.ToolsAsync(), await Resource.ProgramAsync("streams"));
}
