namespace Vmm.Control;

/// <summary>
/// Which command is possible in which state, and where it leads. Everything that steers a VM asks here: the API, the
/// control socket, the terminal.
/// <code>
///            Create           Boot              Pause
///   (none) ────────▶ Created ──────▶ Running ─────────▶ Paused
///                       │            │  ▲  ◀─────────    │
///                       │     end of │  │ Boot  Resume   │ end, Shutdown
///                       │  the guest ▼  │                │
///                       │         Shutdown ◀─────────────┘
///                       ▼            ▼
///                     (none)  by Delete, from any state
/// </code>
/// A guest that crashes goes from Running to Shutdown, or is held in Crashed: there it is looked at, and goes to Running by Reboot
/// and to Shutdown as from Paused. Within Running, Paused and Crashed the states of one start of the guest are <see cref="Machine.MachineLifecycle"/>'s.
/// </summary>
internal static class VmLifecycle
{
    /// <summary>The state that a command leads to; null where it is not possible.</summary>
    public static VmState? Next(VmState state, VmCommand command) => (state, command) switch
    {
        (VmState.None, VmCommand.Create) => VmState.Created,
        (VmState.None, VmCommand.Restore) => VmState.Paused,
        (VmState.Created or VmState.Shutdown, VmCommand.Boot) => VmState.Running,
        (VmState.Running, VmCommand.Pause) => VmState.Paused,
        (VmState.Paused, VmCommand.Resume) => VmState.Running,
        (VmState.Running, VmCommand.PowerButton or VmCommand.Nmi or VmCommand.Link or VmCommand.Reboot) => VmState.Running,
        (VmState.Paused or VmState.Crashed, VmCommand.Reboot) => VmState.Running,
        (VmState.Paused, VmCommand.Link) => VmState.Paused,
        (VmState.Running or VmState.Paused, VmCommand.Resize or VmCommand.RenewGeneration or VmCommand.Snapshot or VmCommand.Inspect or VmCommand.Coredump or VmCommand.Migrate or VmCommand.Trace) => state,
        (VmState.Crashed, VmCommand.Inspect or VmCommand.Coredump) => state,
        (VmState.Running or VmState.Paused or VmState.Crashed, VmCommand.Shutdown) => VmState.Shutdown,
        (not VmState.None, VmCommand.Delete) => VmState.None,
        _ => null,
    };

    /// <summary>Lets a command pass or says why not.</summary>
    /// <exception cref="LifecycleConflictException">Naming both states: the one there is, and those that the command needs.</exception>
    public static void Check(VmState state, VmCommand command)
    {
        if (Next(state, command) is null)
            throw new LifecycleConflictException(state, command);
    }

    /// <summary>The states in which a command is possible.</summary>
    public static IEnumerable<VmState> Needed(VmCommand command) =>
        Enum.GetValues<VmState>().Where(state => Next(state, command) is not null);
}
