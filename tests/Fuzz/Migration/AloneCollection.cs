using Xunit;

namespace Vmm.Tests.Fuzz.Migration;

/// <summary>What these allocate is counted over all threads: nobody else's may run meanwhile.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "alone";
}
