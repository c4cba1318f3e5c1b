namespace Vmm.Machine;

/// <summary>The ways in which a guest's run can end.</summary>
internal enum OutcomeKind
{
    /// <summary>The guest powered itself off.</summary>
    PoweredOff,

    /// <summary>The guest asked for a reset.</summary>
    Reset,

    /// <summary>The guest wrote an exit status to the debug exit port.</summary>
    DebugExit,

    /// <summary>The user, or a signal, ended it.</summary>
    Stopped,

    /// <summary>It runs in another process now.</summary>
    Migrated,

    /// <summary>A vCPU shut down: a fault while handling a double fault.</summary>
    TripleFault,

    /// <summary>KVM could not run or emulate an instruction (KVM_EXIT_INTERNAL_ERROR).</summary>
    InternalError,

    /// <summary>The processor refused the guest's state (KVM_EXIT_FAIL_ENTRY).</summary>
    EntryFailure,

    /// <summary>An exit that this program does not know.</summary>
    UnexpectedExit,

    /// <summary>A system call of ours failed.</summary>
    HostFault,
}
