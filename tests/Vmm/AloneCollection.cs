using Xunit;

namespace Vmm.Tests.Vmm;

/// <summary>
/// Tests that close a descriptor and look at once at what that does. Nothing may run beside them that starts a process: a child
/// has a copy of every descriptor until it runs its program.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "alone";
}
