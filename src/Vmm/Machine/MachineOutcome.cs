namespace Vmm.Machine;

/// <summary>How a guest's run ended, once and for all.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Status">The guest's exit status, for <see cref="OutcomeKind.DebugExit"/>.</param>
/// <param name="Report">What to show the user: registers and disassembly after a crash; else null.</param>
/// <param name="Fault">The host's failure, for <see cref="OutcomeKind.HostFault"/>.</param>
internal sealed record MachineOutcome(OutcomeKind Kind, uint Status = 0, string? Report = null, Exception? Fault = null);
