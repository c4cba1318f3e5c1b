using Xunit;

namespace Vmm.Tests.Linux;

/// <summary>A stock guest that is looked at, running, paused and as a snapshot, and its core file.</summary>
[Trait("Lab", "second")]
public class InspectTests
{
    [Fact]
    public async Task Guest_is_looked_at_by_script() => await LabScript.RunAsync("inspect.sh", "ok wrong values: a line each, and it went on");
}
