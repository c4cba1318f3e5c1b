namespace Vmm.Machine;

/// <summary>Where a machine is in its life. The moves between these are in <see cref="MachineLifecycle"/>.</summary>
internal enum MachineState
{
    /// <summary>Built; no vCPU has run.</summary>
    Created,

    /// <summary>The vCPUs run.</summary>
    Running,

    /// <summary>Every vCPU is held outside the guest.</summary>
    Paused,

    /// <summary>A vCPU cannot go on, and every vCPU is held outside the guest for whoever wants to look.</summary>
    Crashed,

    /// <summary>Over: nothing runs again.</summary>
    Ended,
}
