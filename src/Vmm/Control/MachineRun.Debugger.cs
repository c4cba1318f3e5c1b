using Vmm.Gdb;

namespace Vmm.Control;

/// <content>The debugger that may hold the guest.</content>
internal sealed partial class MachineRun
{
    // Changed under _lock: who does something with the machine under it finds a debugger there or keeps it out.
    private volatile bool _debugged;

    /// <summary>Where a debugger can attach; null for nowhere.</summary>
    public string? DebuggerPlace => _gdb?.Place;

    /// <summary>Whether the guest is this process's alone, so that one may stop it and let it go on; not one that runs elsewhere, or may.</summary>
    public Func<bool> IsOurs { get; init; } = static () => true;

    /// <summary>Whether one is attached.</summary>
    public bool IsDebugged => _debugged;

    /// <summary>What to tell somebody who cannot do what he wants while one is.</summary>
    public string DebuggerInTheWay => $"a debugger is attached at {DebuggerPlace}, which alone stops the guest and lets it go on; detach it first";

    /// <summary>The guest goes on, or is held, by its user's will from now on.</summary>
    public void AwaitNoDebugger() => _gdb?.AwaitNone();

    /// <summary>Does something while which the debugger neither stops the guest nor lets it go on.</summary>
    public T WithDebuggerKeptOut<T>(Func<T> act)
    {
        using Lock.Scope kept = _gdb!.KeepOut();
        return act();
    }

    private sealed class GuestKeeper(MachineRun run) : IGuestKeeper
    {
        public bool TryTake()
        {
            lock (run._lock)
            {
                if (run._borrowed > 0 || run._current is null || !run.IsOurs())
                    return false;
                run._debugged = true;
                return true;
            }
        }

        public void GiveBack(bool resumed)
        {
            run._debugged = false;
            // One that crashed just now, for the debugger to see.
            Volatile.Read(ref run._current)?.Machine.EndUnwantedCrash();
            if (resumed)
                run._events.Publish("vm", "resumed", ("by", "debugger"));
        }

        public void Kill() => run.Stop();

        public void Fail(Exception fault) => run.OnHostFault(fault);
    }
}
