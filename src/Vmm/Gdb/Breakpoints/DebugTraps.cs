using Vmm.Host;
using Vmm.Kvm;
using Vmm.Kvm.Abi;

namespace Vmm.Gdb.Breakpoints;

/// <summary>What a machine's vCPUs leave the guest for (KVM_SET_GUEST_DEBUG), and what becomes of a trap that nobody has asked for.</summary>
/// <remarks>
/// A step is RFLAGS.TF, which PUSHF, SYSCALL or an exception saves: a guest may come upon it long afterwards, on any vCPU. So once one was
/// stepped, all of them leave the guest at each #DB (KVM_GUESTDBG_USE_HW_BP), and a step that nobody wants is taken back and never seen by
/// the guest. Meanwhile the guest's own debug registers do nothing, and a step that it asks of the processor itself is taken back, too.
/// </remarks>
internal sealed unsafe class DebugTraps
{
    /// <summary>RFLAGS.TF.</summary>
    private const ulong TrapFlag = 1 << 8;

    /// <summary>DR6: B0 to B3, which each #DB sets anew (Intel SDM 3B, 17.2.3).</summary>
    private const ulong WhichRegister = 0xf;

    /// <summary>DR6: BS, a step.</summary>
    private const ulong Step = 1 << 14;

    /// <summary>DR6: BD, BS and BT, which stay until the guest clears them.</summary>
    private const ulong OtherCauses = 7 << 13;

    // Of all vCPUs: what one was stepped through, another may come upon.
    private volatile bool _stepped;

    /// <summary>A vCPU is about to be stepped. Before any is armed for it.</summary>
    public void ExpectSteps() => _stepped = true;

    /// <summary>Sets what a vCPU leaves the guest for. With the vCPU held, or on its thread.</summary>
    /// <param name="vcpu">Which.</param>
    /// <param name="wanted">What for; nothing set is nothing.</param>
    /// <exception cref="HostException">KVM refuses.</exception>
    public void Arm(KvmVcpu vcpu, kvm_guest_debug wanted)
    {
        if (!TryArm(vcpu, wanted, 0))
            throw HostException.Last($"ioctl KVM_SET_GUEST_DEBUG (vCPU {vcpu.Number})");
    }

    /// <summary>Answers a #BP or #DB that is none of the debugger's: it is taken back, or the guest gets what it would have got without us. On the vCPU's thread.</summary>
    /// <param name="vcpu">Which.</param>
    /// <param name="exit">What happened.</param>
    /// <param name="armed">What it was armed for, and is from then on.</param>
    public void HandOn(KvmVcpu vcpu, in kvm_debug_exit_arch exit, kvm_guest_debug armed)
    {
        if (exit.exception == GuestException.Breakpoint)
        {
            TryArm(vcpu, armed, kvm_guest_debug.KVM_GUESTDBG_INJECT_BP);
            return;
        }
        if (_stepped && (exit.dr6 & Step) != 0)
        {
            kvm_regs registers = vcpu.GetRegisters();
            registers.rflags &= ~TrapFlag;
            vcpu.SetRegisters(registers);
            return;
        }
        // KVM queues the exception alone: why it happened has to be in DR6 by then.
        kvm_debugregs own = vcpu.GetDebugRegisters();
        own.dr6 = (own.dr6 & ~WhichRegister) | (exit.dr6 & (WhichRegister | OtherCauses));
        vcpu.SetDebugRegisters(own);
        TryArm(vcpu, armed, kvm_guest_debug.KVM_GUESTDBG_INJECT_DB);
    }

    private bool TryArm(KvmVcpu vcpu, kvm_guest_debug wanted, uint inject)
    {
        wanted.control |= inject;
        if (_stepped && (wanted.control & kvm_guest_debug.KVM_GUESTDBG_USE_HW_BP) == 0)
        {
            wanted.control |= kvm_guest_debug.KVM_GUESTDBG_ENABLE | kvm_guest_debug.KVM_GUESTDBG_USE_HW_BP;
            new DebugRegisters().Load(ref wanted.arch);
        }
        return vcpu.TrySetGuestDebug(wanted);
    }
}
