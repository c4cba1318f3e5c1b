namespace Vmm.Kvm.Abi;

/// <summary>KVM_SET_GUEST_DEBUG: what makes a vCPU leave the guest for a debugger.</summary>
internal struct kvm_guest_debug
{
    public const uint KVM_GUESTDBG_ENABLE = 1;
    public const uint KVM_GUESTDBG_SINGLESTEP = 2;
    public const uint KVM_GUESTDBG_USE_SW_BP = 0x10000;
    public const uint KVM_GUESTDBG_USE_HW_BP = 0x20000;
    public const uint KVM_GUESTDBG_INJECT_DB = 0x40000;
    public const uint KVM_GUESTDBG_INJECT_BP = 0x80000;
    public const uint KVM_GUESTDBG_BLOCKIRQ = 0x100000;

    public uint control;
    public uint pad;
    public kvm_guest_debug_arch arch;
}

/// <summary>The debug registers that replace the guest's own under KVM_GUESTDBG_USE_HW_BP; 7 is the control register.</summary>
internal unsafe struct kvm_guest_debug_arch
{
    public fixed ulong debugreg[8];
}

/// <summary>KVM_EXIT_DEBUG: which exception, and where (a linear address).</summary>
internal struct kvm_debug_exit_arch
{
    public uint exception;
    public uint pad;
    public ulong pc;
    public ulong dr6;
    public ulong dr7;
}
