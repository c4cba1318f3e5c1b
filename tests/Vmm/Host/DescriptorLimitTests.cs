using Vmm.Host;
using Xunit;

namespace Vmm.Tests.Vmm.Host;

/// <summary>All descriptors that the process may have are taken for a moment, without which not even a thread starts: no other test runs meanwhile.</summary>
[CollectionDefinition(nameof(DescriptorLimitTests), DisableParallelization = true)]
[Collection(nameof(DescriptorLimitTests))]
public sealed class DescriptorLimitTests
{
    [Fact]
    [Trait("Row", "54")]
    public void Shortage_is_told_before_anything_is_begun_and_nothing_is_kept()
    {
        int before = Directory.GetFiles("/proc/self/fd").Length;
        VmmException refused = Assert.Throws<VmmException>(() => DescriptorLimit.Require(int.MaxValue, "a test"));
        Assert.Contains("a test needs 2147483647 file descriptors", refused.Message, StringComparison.Ordinal);
        Assert.Contains("ulimit -n", refused.Message, StringComparison.Ordinal);
        DescriptorLimit.Require(8, "a test");
        // The runtime's own come and go.
        Assert.InRange(Directory.GetFiles("/proc/self/fd").Length, 0, before + 20);
    }
}
