using Vmm.Host;

namespace Vmm.Machine;

/// <summary>
/// The one transition table of a machine. An illegal move is a conflict that names both states.
/// <code>
///              Start            Pause
///   Created ─────────▶ Running ───────▶ Paused
///                         │    ◀─────────   │
///                   crash │      Resume     │ crash, on the way to the gate
///                         ▼                 │
///                      Crashed ◀────────────┘      and from each to Ended
/// </code>
/// </summary>
internal sealed class MachineLifecycle
{
    private readonly Lock _lock = new();

    /// <summary>The state at this moment.</summary>
    public MachineState State { get; private set; }

    /// <summary>Makes a move, or throws when the table has none.</summary>
    /// <exception cref="VmmException">The move is illegal; the message names both states.</exception>
    public void MoveTo(MachineState next)
    {
        lock (_lock)
        {
            if (!IsLegal(State, next))
                throw new VmmException($"the machine is {Name(State)}: it cannot become {Name(next)}");
            State = next;
        }
    }

    /// <summary>Ends the machine from whatever state; false when it had ended before.</summary>
    public bool TryEnd()
    {
        lock (_lock)
        {
            bool first = State != MachineState.Ended;
            State = MachineState.Ended;
            return first;
        }
    }

    /// <summary>Notes a crash of a vCPU that runs; false when the machine has crashed before, or ended.</summary>
    public bool TryCrash()
    {
        lock (_lock)
        {
            if (!IsLegal(State, MachineState.Crashed))
                return false;
            State = MachineState.Crashed;
            return true;
        }
    }

    /// <summary>Whether the table has a move.</summary>
    public static bool IsLegal(MachineState from, MachineState to) => (from, to) switch
    {
        (MachineState.Created, MachineState.Running) => true,
        (MachineState.Running, MachineState.Paused) => true,
        (MachineState.Paused, MachineState.Running) => true,
        (MachineState.Running or MachineState.Paused, MachineState.Crashed) => true,
        (not MachineState.Ended, MachineState.Ended) => true,
        _ => false,
    };

    private static string Name(MachineState state) => state switch
    {
        MachineState.Created => "created",
        MachineState.Running => "running",
        MachineState.Paused => "paused",
        MachineState.Crashed => "crashed",
        _ => "ended",
    };
}
