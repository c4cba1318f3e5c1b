namespace Vmm.Machine;

/// <summary>How a guest's run ended, once and for all.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Status">The guest's exit status, for <see cref="OutcomeKind.DebugExit"/>.</param>
/// <param name="Report">What to show the user: registers and disassembly after a crash; else null.</param>
/// <param name="Fault">The host's failure, for <see cref="OutcomeKind.HostFault"/>.</param>
/// <param name="Vcpu">The vCPU that crashed, from 0; 0 for what is none's.</param>
internal sealed record MachineOutcome(OutcomeKind Kind, uint Status = 0, string? Report = null, Exception? Fault = null, int Vcpu = 0)
{
    /// <summary>Whether a vCPU of the guest cannot go on.</summary>
    public bool IsCrash => Kind is OutcomeKind.TripleFault or OutcomeKind.InternalError or OutcomeKind.EntryFailure or OutcomeKind.UnexpectedExit;
}
