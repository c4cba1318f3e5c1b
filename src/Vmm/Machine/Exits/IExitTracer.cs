using Vmm.Kvm;

namespace Vmm.Machine.Exits;

/// <summary>Is told of every exit of a vCPU that is traced, on that vCPU's thread. What it takes is nobody's time: neither the guest's nor a handler's.</summary>
internal interface IExitTracer
{
    /// <summary>The vCPU is traced from here on; it is outside the guest.</summary>
    void Begin(IVcpu vcpu);

    /// <summary>An exit was answered. What it was is in the vCPU's shared area, with what was answered.</summary>
    /// <param name="vcpu">The vCPU.</param>
    /// <param name="inGuest">How long it had been in KVM_RUN before, in nanoseconds.</param>
    /// <param name="handled">How long the answer took, in nanoseconds.</param>
    void Note(IVcpu vcpu, long inGuest, long handled);

    /// <summary>The vCPU is not traced any more, or has ended.</summary>
    void End(IVcpu vcpu);

    /// <summary>No vCPU is traced any more; each is outside the guest, and some have not said so yet. On the thread that ends the trace.</summary>
    void Close();
}
