using Vmm.Machine;

namespace Vmm.Bench.Exits;

/// <summary>Why a guest that should have measured did not, in words.</summary>
internal static class EndText
{
    /// <summary>The reason; null when it came to its end.</summary>
    public static string? Of(MachineOutcome outcome, TimeSpan patience) => outcome.Kind switch
    {
        // The debug exit's status is (value << 1) | 1.
        OutcomeKind.DebugExit => Exception(outcome.Status >> 1),
        OutcomeKind.Stopped => Late(patience),
        OutcomeKind.InternalError => "KVM cannot run the instruction (KVM_EXIT_INTERNAL_ERROR)",
        OutcomeKind.TripleFault => "the guest crashed: triple fault",
        OutcomeKind.HostFault => outcome.Fault?.Message ?? "the host failed",
        _ => $"the guest ended: {outcome.Kind}",
    };

    /// <summary>What an exception in the guest means; null for 0, which is none.</summary>
    public static string? Exception(uint vector) => vector switch
    {
        0 => null,
        6 => "the guest's processor has not got the instruction (#UD)",
        13 => "the guest's processor refuses it (#GP)",
        14 => "page fault in the guest (#PF)",
        _ => $"exception {vector} in the guest",
    };

    /// <summary>What is said of a guest that did not come to its end.</summary>
    public static string Late(TimeSpan patience) => $"did not end within {patience.TotalSeconds:0} s: KVM goes on for ever, or the interrupt never comes";
}
