using Xunit;

namespace Vmm.Tests.Fuzz.Migration;

/// <summary>How much both sides take while one plays to the other: a length that is claimed is not memory that is taken.</summary>
internal sealed class Allocations : IDisposable
{
    /// <summary>Several times what a migration of this size takes, and much less than the longest message may have.</summary>
    private const long Most = 16 << 20;

    private readonly long _before = GC.GetTotalAllocatedBytes();

    public void Dispose() => Assert.InRange(GC.GetTotalAllocatedBytes() - _before, 0, Most);
}
