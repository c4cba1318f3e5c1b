using Vmm.Kvm;
using Vmm.Kvm.Abi;

namespace Vmm.Machine.Build;

/// <summary>What a machine cannot do without. Every KVM since Linux 4.14 has it all.</summary>
internal static class KvmRequirements
{
    /// <summary>The capabilities, in the order in which they are checked and reported.</summary>
    public static readonly KvmCapability[] Needed =
    [
        KvmCapability.KVM_CAP_USER_MEMORY,
        KvmCapability.KVM_CAP_IRQCHIP,
        KvmCapability.KVM_CAP_PIT2,
        KvmCapability.KVM_CAP_EXT_CPUID,
        KvmCapability.KVM_CAP_SET_TSS_ADDR,
        KvmCapability.KVM_CAP_SET_IDENTITY_MAP_ADDR,
        KvmCapability.KVM_CAP_MP_STATE,
        KvmCapability.KVM_CAP_IRQFD,
        KvmCapability.KVM_CAP_IOEVENTFD,
        KvmCapability.KVM_CAP_SIGNAL_MSI,
        KvmCapability.KVM_CAP_IMMEDIATE_EXIT,
    ];

    /// <summary>Refuses a host that lacks one of them, or has not got that many vCPUs.</summary>
    public static void Check(KvmSystem kvm, int vcpus)
    {
        foreach (KvmCapability capability in Needed)
        {
            if (kvm.Check(capability) == 0)
                throw KvmRemedy.ForMissing(capability);
        }
        int most = kvm.Check(KvmCapability.KVM_CAP_MAX_VCPUS);
        if (vcpus > most && most > 0)
            throw new Host.VmmException($"--cpus: {vcpus} vCPUs are more than this host's KVM gives a machine ({most})");
    }
}
