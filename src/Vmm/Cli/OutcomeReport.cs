using Vmm.Machine;
using Vmm.Machine.Config;

namespace Vmm.Cli;

/// <summary>Puts a machine's end into words and an exit code.</summary>
internal static class OutcomeReport
{
    /// <summary>What the process exits with.</summary>
    public static int ExitCode(MachineOutcome outcome) => outcome.Kind switch
    {
        OutcomeKind.PoweredOff or OutcomeKind.Reset or OutcomeKind.Stopped or OutcomeKind.Migrated => ExitCodes.PoweredOff,
        OutcomeKind.DebugExit => ExitCodes.FromDebugExit(outcome.Status),
        OutcomeKind.TripleFault => ExitCodes.GuestCrashed,
        OutcomeKind.InternalError => ExitCodes.EmulationFailed,
        OutcomeKind.EntryFailure or OutcomeKind.UnexpectedExit => ExitCodes.EntryFailed,
        _ => ExitCodes.Internal,
    };

    /// <summary>The outcome in a word or two, for a list.</summary>
    public static string Word(MachineOutcome outcome) => outcome.Kind switch
    {
        OutcomeKind.PoweredOff => "powered off",
        OutcomeKind.Reset => "reset",
        OutcomeKind.Stopped => "stopped",
        OutcomeKind.Migrated => "migrated",
        OutcomeKind.DebugExit => $"exit status {outcome.Status}",
        OutcomeKind.TripleFault => "crashed",
        OutcomeKind.InternalError => "not emulated",
        OutcomeKind.EntryFailure or OutcomeKind.UnexpectedExit => "refused",
        _ => "failed",
    };

    /// <summary>What to tell the user of a crash for which the guest is held.</summary>
    /// <param name="crash">The crash.</param>
    /// <param name="config">The VM's description.</param>
    public static string Held(MachineOutcome crash, MachineConfig config) => $"{Text(crash)}\n  " + (config.OnCrash == CrashPolicy.Preserve
        ? "the guest is held as it is: 'vmm inspect', 'vmm coredump' and, with --gdb, a debugger look at it; 'vmm reboot' starts it again, 'vmm stop --force' ends it"
        : "the guest is held as it is for the debugger, and ends when that leaves it");

    /// <summary>What to tell the user; null when there is nothing to say.</summary>
    public static string? Text(MachineOutcome outcome)
    {
        string? what = outcome.Kind switch
        {
            OutcomeKind.TripleFault => "the guest crashed: triple fault",
            OutcomeKind.InternalError => "the guest stopped: KVM cannot run an instruction of it ('vmm check' says whether this host runs stock kernels)",
            OutcomeKind.EntryFailure => "the guest stopped: the processor refused its state",
            OutcomeKind.UnexpectedExit => "the guest stopped: KVM returned for a reason that vmm does not know",
            _ => null,
        };
        return what is null || outcome.Report is null ? what : $"{what}\n{outcome.Report.TrimEnd()}";
    }
}
