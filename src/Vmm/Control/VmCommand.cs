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

    /// <summary>Put a network device's cable in, or pull it.</summary>
    Link,

    /// <summary>Give it more memory of its own or less, by its balloon.</summary>
    Resize,

    /// <summary>Tell the guest that it is a copy.</summary>
    RenewGeneration,

    /// <summary>Freeze it to disk, and let it go on.</summary>
    Snapshot,

    /// <summary>Look at what it holds, and let it go on.</summary>
    Inspect,

    /// <summary>Write what it holds as a core file, and let it go on.</summary>
    Coredump,

    /// <summary>Describe it and start its guest, both from a snapshot.</summary>
    Restore,

    /// <summary>Move it to another process while it runs.</summary>
    Migrate,

    /// <summary>Record its exits.</summary>
    Trace,

    /// <summary>Start the guest again, as a reset does.</summary>
    Reboot,

    /// <summary>End the guest's run at once.</summary>
    Shutdown,

    /// <summary>Forget it, ending its guest first.</summary>
    Delete,
}
