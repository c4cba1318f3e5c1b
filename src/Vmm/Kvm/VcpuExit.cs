namespace Vmm.Kvm;

/// <summary>How a call of <see cref="IVcpu.Run"/> ended.</summary>
internal enum VcpuExit
{
    /// <summary>The guest needs something: see <c>exit_reason</c> in the shared area.</summary>
    Guest,

    /// <summary>Somebody kicked; the guest may have been entered or not.</summary>
    Kicked,

    /// <summary>A signal that was not a kick, or an AP that was just started: go on.</summary>
    Again,
}
