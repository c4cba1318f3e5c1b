using Vmm.Kvm;

namespace Vmm.Machine.Exits;

/// <summary>Told when a vCPU left the guest for a debugger (KVM_EXIT_DEBUG).</summary>
internal interface IDebugExits
{
    /// <summary>Called on the vCPU's own thread, which enters the guest again after it unless it is kept.</summary>
    /// <param name="vcpu">The vCPU; what happened is in its shared area.</param>
    void OnDebugExit(IVcpu vcpu);

    /// <summary>Asked when a vCPU read a port that no device has, for it may be a breakpoint. On the vCPU's own thread, likewise.</summary>
    /// <param name="vcpu">The vCPU; what it read is in its shared area.</param>
    /// <returns>Whether it was one: then there is nothing to answer.</returns>
    bool IsBreakpoint(IVcpu vcpu) => false;
}
