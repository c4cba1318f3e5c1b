namespace Vmm.Bench.Exits;

/// <summary>What a thread of the host does when the guest rings at <see cref="Vmm.Firmware.ExitsLayout.ArmPort"/>.</summary>
internal enum WakeKind
{
    /// <summary>There is no such thread.</summary>
    None,

    /// <summary>Signals an eventfd that KVM turns into an interrupt.</summary>
    IrqFd,

    /// <summary>Sends a message-signalled interrupt by ioctl.</summary>
    Msi,

    /// <summary>Answers in memory.</summary>
    Echo,
}
