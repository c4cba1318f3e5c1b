using Vmm.Devices.Platform;

namespace Vmm.Machine;

/// <summary>How the run ends, decided once: by a device, a vCPU, an event thread or the user. The first outcome counts.</summary>
internal sealed class MachineEnd : IPowerControl
{
    private MachineOutcome? _outcome;

    /// <summary>The outcome, once there is one.</summary>
    public MachineOutcome? Outcome => Volatile.Read(ref _outcome);

    /// <summary>Told once, on the thread that decided.</summary>
    public Action<MachineOutcome>? Decided { get; set; }

    /// <summary>Decides; false when it was decided before.</summary>
    public bool TrySet(MachineOutcome outcome)
    {
        if (Interlocked.CompareExchange(ref _outcome, outcome, null) is not null)
            return false;
        Decided?.Invoke(outcome);
        return true;
    }

    /// <inheritdoc/>
    void IPowerControl.PowerOff() => TrySet(new MachineOutcome(OutcomeKind.PoweredOff));

    /// <inheritdoc/>
    void IPowerControl.Reset() => TrySet(new MachineOutcome(OutcomeKind.Reset));

    /// <inheritdoc/>
    void IPowerControl.DebugExit(uint status) => TrySet(new MachineOutcome(OutcomeKind.DebugExit, status));
}
