namespace Vmm.Control.Local;

/// <summary>What can be asked over the control socket.</summary>
internal enum ControlVerb
{
    /// <summary>State, and the few numbers that a list shows.</summary>
    Status,

    /// <summary>The description, as it was completed.</summary>
    Config,

    /// <summary>Everything that is counted.</summary>
    Metrics,

    /// <summary>Hold every vCPU.</summary>
    Pause,

    /// <summary>Let them go on.</summary>
    Resume,

    /// <summary>Press the power button.</summary>
    PowerButton,

    /// <summary>Send a non-maskable interrupt.</summary>
    Nmi,

    /// <summary>Start the guest again.</summary>
    Reboot,

    /// <summary>End the guest's run at once.</summary>
    Kill,

    /// <summary>Change the VM's name.</summary>
    Rename,

    /// <summary>Keep the connection open until the VM's process is about to end.</summary>
    Wait,

    /// <summary>Attach to the console: after the answer the connection carries it.</summary>
    Console,
}
