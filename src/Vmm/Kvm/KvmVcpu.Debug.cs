using Vmm.Host;
using Vmm.Kvm.Abi;

namespace Vmm.Kvm;

/// <content>Debugging the guest from outside of it.</content>
internal sealed unsafe partial class KvmVcpu
{
    /// <summary>Sets what makes the vCPU leave the guest for a debugger; false when this host's KVM refuses (EINVAL: a kind that it has not got, EBUSY: an exception is on its way already).</summary>
    /// <param name="argument">All of it: what is not set in it is off.</param>
    public bool TrySetGuestDebug(kvm_guest_debug argument) => Linux.ioctl(_descriptor, KvmIoctl.KVM_SET_GUEST_DEBUG, (nint)(&argument)) >= 0;
}
