using System.Text.Json.Serialization;
using Vmm.Machine.Config;

namespace Vmm.Control.Local;

/// <summary>What can be asked over the control socket.</summary>
[JsonConverter(typeof(WordConverter<ControlVerb>))]
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

    /// <summary>Put a network device's cable in, or pull it.</summary>
    Link,

    /// <summary>End the guest's run at once.</summary>
    Kill,

    /// <summary>Change the VM's name.</summary>
    Rename,

    /// <summary>Change what a device may do in a time.</summary>
    Limit,

    /// <summary>Wish a size of the balloon, if one is named, and tell how it is.</summary>
    Balloon,

    /// <summary>Tell the guest that it is a copy.</summary>
    RenewGeneration,

    /// <summary>Take a snapshot.</summary>
    Snapshot,

    /// <summary>Look at what the machine holds.</summary>
    Inspect,

    /// <summary>Write a core file of the guest.</summary>
    Coredump,

    /// <summary>Move the VM to another process. Answered when it runs there.</summary>
    Migrate,

    /// <summary>How far a migration is.</summary>
    MigrationProgress,

    /// <summary>Give a migration up.</summary>
    CancelMigration,

    /// <summary>Keep the connection open until the VM's process is about to end.</summary>
    Wait,

    /// <summary>Record exits: after the answer the connection carries the trace, until the client sends a byte.</summary>
    Trace,

    /// <summary>Attach to the console: after the answer the connection carries it.</summary>
    Console,
}
