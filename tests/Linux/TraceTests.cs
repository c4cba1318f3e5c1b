using Xunit;

namespace Vmm.Tests.Linux;

/// <summary>The inside view of stock guests, by script.</summary>
[Trait("Lab", "second")]
public class TraceTests
{
    [Fact]
    public async Task Whole_boot_is_traced_without_a_gap_and_read_again() => await LabScript.RunAsync("trace.sh", "ok traced");
}
