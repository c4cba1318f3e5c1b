using Vmm.Kvm.Abi;

namespace Vmm.Kvm;

/// <summary>What the run loop needs of a vCPU. Small, so that the loop and the exit dispatcher are tested without KVM.</summary>
internal unsafe interface IVcpu
{
    /// <summary>Its place among the machine's vCPUs, from 0.</summary>
    int Number { get; }

    /// <summary>The area shared with the kernel, valid while the vCPU lives.</summary>
    kvm_run* Shared { get; }

    /// <summary>Enters the guest until it needs us. On the vCPU's own thread.</summary>
    VcpuExit Run();

    /// <summary>Makes <see cref="Run"/> return <see cref="VcpuExit.Kicked"/>, now or, if it is not running, at once when called next. Any thread.</summary>
    void Kick();
}
