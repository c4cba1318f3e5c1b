namespace Vmm.Bench.Exits;

/// <summary>Who answers an exit.</summary>
internal enum LeavesTo
{
    /// <summary>Nobody: no exit, or no guest.</summary>
    Nobody,

    /// <summary>KVM, in the kernel.</summary>
    Kernel,

    /// <summary>This program.</summary>
    User,
}
