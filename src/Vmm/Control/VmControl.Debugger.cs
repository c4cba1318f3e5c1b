using Vmm.Machine;
using Vmm.Machine.Build;

namespace Vmm.Control;

/// <content>A debugger on the guest. While one is attached it alone stops the guest and lets it go on.</content>
internal sealed partial class VmControl
{
    /// <summary>Told where a debugger is waited for, before the guest starts.</summary>
    public Action<string>? DebuggerAwaited { get; set; }

    /// <summary>Told of a crash for which the guest is held.</summary>
    public Action<MachineOutcome>? CrashHeld { get; set; }

    /// <summary>Not while the guest is on its way elsewhere, nor when it may be there.</summary>
    private bool IsOurs() => Volatile.Read(ref _migration) is null && Volatile.Read(ref _handedOver) is null && Volatile.Read(ref _withoutDisks) is null;

    private MachineRun Announced(MachineRun run)
    {
        if (run.DebuggerPlace is not { } place)
            return run;
        Events.Publish("vm", "debugger-awaited", ("address", place));
        _life.DebuggerAwaited(place);
        DebuggerAwaited?.Invoke(place);
        return run;
    }

    /// <summary>Does something with the machine, unless a debugger is in its way. Under the run's lock: none comes meanwhile.</summary>
    private T Undebugged<T>(VmCommand command, MicroVm vm, Func<MicroVm, T> act)
    {
        if (Run is not { IsDebugged: true } run)
            return act(vm);
        // Looking changes nothing; the debugger waits meanwhile.
        if (command is VmCommand.Inspect or VmCommand.Coredump)
            return run.WithDebuggerKeptOut(() => act(vm));
        if (command is VmCommand.Pause or VmCommand.Resume or VmCommand.Snapshot or VmCommand.Migrate)
            throw new LifecycleConflictException(State, command, run.DebuggerInTheWay);
        return act(vm);
    }
}
