using Vmm.Guest.Cpu.Cpuid;
using Vmm.Kvm.Abi;

namespace Vmm.Kvm.State;

/// <summary>What this host can give a guest that was begun elsewhere.</summary>
/// <param name="Cpuid">The CPUID leaves that KVM supports.</param>
/// <param name="TscKhz">The frequency of the time stamp counter; 0 where KVM does not tell.</param>
/// <param name="ScalesTsc">Whether the processor can make a guest count at another frequency.</param>
/// <param name="HasTscDeadline">Whether KVM has that mode of the APIC's timer; its list of leaves does not tell.</param>
/// <param name="XsaveSize">Bytes of an XSAVE area.</param>
/// <param name="Given">What KVM made of the leaves that a vCPU here was given: where guests run on the processor itself (PVM) it adds what it cannot hide.</param>
internal sealed record HostOffer(CpuidEntry[] Cpuid, uint TscKhz, bool ScalesTsc, bool HasTscDeadline, int XsaveSize, CpuidEntry[] Given)
{
    /// <summary>Asks KVM.</summary>
    /// <param name="kvm">The host's KVM.</param>
    /// <param name="vm">A machine, which may be one that is made for the question.</param>
    /// <param name="vcpu">A vCPU of it that has its leaves.</param>
    public static HostOffer Of(KvmSystem kvm, KvmVm vm, KvmVcpu vcpu) => new(
        Array.ConvertAll(kvm.GetSupportedCpuid(), Import),
        vm.GetTscKhz(),
        kvm.Check(KvmCapability.KVM_CAP_TSC_CONTROL) > 0,
        kvm.Check(KvmCapability.KVM_CAP_TSC_DEADLINE_TIMER) > 0,
        KvmParts.XsaveSize(vm),
        Array.ConvertAll(vcpu.GetCpuid(), Import));

    private static CpuidEntry Import(kvm_cpuid_entry2 e) => new(e.function, e.index, e.flags, e.eax, e.ebx, e.ecx, e.edx);
}
