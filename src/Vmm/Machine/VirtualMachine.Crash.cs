namespace Vmm.Machine;

/// <content>A guest that cannot go on, and is kept as it is for whoever wants to look.</content>
internal sealed partial class VirtualMachine
{
    // A crash closes the gate, on a vCPU's thread, which waits for nobody; who opens the gate looks for a crash before.
    private readonly Lock _opening = new();
    private MachineOutcome? _crash;

    /// <summary>Whether a guest that crashes is kept rather than ended. Set before the start.</summary>
    public bool PreservesCrash { get; init; }

    /// <summary>Whether somebody, such as a debugger, wants to see a crash though it is not preserved; null for nobody. Asked on a vCPU's thread.</summary>
    public Func<bool>? CrashWanted { get; set; }

    /// <summary>Told of a crash that does not end the machine, on a vCPU's thread.</summary>
    public Action<MachineOutcome>? Crashed { get; set; }

    /// <summary>The crash for which the vCPUs are held; null for none.</summary>
    public MachineOutcome? Crash => Volatile.Read(ref _crash);

    /// <summary>Lets a crash that was held do what it would have done; nothing without one.</summary>
    public void EndByCrash()
    {
        if (Crash is { } crash)
            _end.TrySet(crash);
    }

    /// <summary>As <see cref="EndByCrash"/>, if nobody wants to see the crash any more.</summary>
    public void EndUnwantedCrash()
    {
        if (!IsCrashWanted)
            EndByCrash();
    }

    private bool IsCrashWanted => PreservesCrash || CrashWanted?.Invoke() == true;

    /// <summary>On the thread of a vCPU that is to pass the gate next.</summary>
    private void OnOutcome(MachineOutcome outcome)
    {
        if (!outcome.IsCrash || !IsCrashWanted || !TryHold(outcome))
            End(outcome);
    }

    /// <summary>Whether all are held for a crash: for this one, or another vCPU's a moment before.</summary>
    private bool TryHold(MachineOutcome outcome)
    {
        lock (_opening)
        {
            if (!_lifecycle.TryCrash())
                return State == MachineState.Crashed;
            // What it looked like is told now, and not once more at the end.
            Volatile.Write(ref _crash, outcome with { Report = null });
            _gate.Close();
        }
        KickAll();
        Crashed?.Invoke(outcome);
        // Whoever wanted to see it may have left meanwhile, and not have seen it yet.
        EndUnwantedCrash();
        return true;
    }

    /// <summary>Lets the vCPUs go on that were held for a moment, unless one of them crashed meanwhile.</summary>
    private void OpenAgain()
    {
        lock (_opening)
        {
            if (State != MachineState.Crashed)
                _gate.Open();
        }
    }
}
