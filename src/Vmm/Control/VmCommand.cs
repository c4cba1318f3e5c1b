namespace Vmm.Control;

/// <summary>What can be asked of a VM. Which of them when: <see cref="VmLifecycle"/>.</summary>
internal enum VmCommand
{
    /// <summary>Describe it.</summary>
    Create,

    /// <summary>Start its guest.</summary>
    Boot,

    /// <summary>Hold every vCPU.</summary>
    Pause,

    /// <summary>Let them go on.</summary>
    Resume,

    /// <summary>Press the power button: the guest decides.</summary>
    PowerButton,

    /// <summary>Send a non-maskable interrupt to every vCPU.</summary>
    Nmi,

    /// <summary>Start the guest again, as a reset does.</summary>
    Reboot,

    /// <summary>End the guest's run at once.</summary>
    Shutdown,

    /// <summary>Forget it, ending its guest first.</summary>
    Delete,
}
