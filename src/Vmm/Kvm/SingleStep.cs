using Vmm.Kvm.Abi;

namespace Vmm.Kvm;

/// <summary>What has a vCPU leave the guest after one instruction.</summary>
internal static class SingleStep
{
    /// <summary>
    /// The flags of KVM_SET_GUEST_DEBUG for it. Where this host's KVM can (Linux 5.16) interrupts wait meanwhile, so that a step is not one
    /// into an interrupt's handler.
    /// </summary>
    public static uint Control(KvmVm kvm)
    {
        bool blocks = (kvm.Check(KvmCapability.KVM_CAP_SET_GUEST_DEBUG2) & kvm_guest_debug.KVM_GUESTDBG_BLOCKIRQ) != 0;
        return kvm_guest_debug.KVM_GUESTDBG_ENABLE | kvm_guest_debug.KVM_GUESTDBG_SINGLESTEP | (blocks ? kvm_guest_debug.KVM_GUESTDBG_BLOCKIRQ : 0);
    }
}
