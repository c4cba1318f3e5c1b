using Vmm.Host;
using Vmm.Kvm.Abi;

namespace Vmm.Kvm;

/// <summary>What a machine asks of KVM, and what a guest misses when a host cannot give it. Every KVM since Linux 4.14 has what is needed.</summary>
internal static class KvmRequirements
{
    private static readonly (KvmCapability Capability, bool Needed, string Purpose)[] s_rows =
    [
        (KvmCapability.KVM_CAP_USER_MEMORY, true, "guest RAM"),
        (KvmCapability.KVM_CAP_IRQCHIP, true, "interrupt controllers in the kernel"),
        (KvmCapability.KVM_CAP_PIT2, true, "the interval timer in the kernel"),
        (KvmCapability.KVM_CAP_SET_TSS_ADDR, true, "real mode on Intel processors"),
        (KvmCapability.KVM_CAP_SET_IDENTITY_MAP_ADDR, true, "real mode on Intel processors"),
        (KvmCapability.KVM_CAP_EXT_CPUID, true, "processor features"),
        (KvmCapability.KVM_CAP_MP_STATE, true, "more than one processor"),
        (KvmCapability.KVM_CAP_IRQFD, true, "device interrupts without a system call"),
        (KvmCapability.KVM_CAP_IOEVENTFD, true, "queue notifications without leaving the kernel"),
        (KvmCapability.KVM_CAP_SIGNAL_MSI, true, "message-signalled interrupts"),
        (KvmCapability.KVM_CAP_IMMEDIATE_EXIT, true, "pausing a processor"),
        (KvmCapability.KVM_CAP_IOEVENTFD_ANY_LENGTH, false, "queue notifications of any width"),
        (KvmCapability.KVM_CAP_TSC_DEADLINE_TIMER, false, "the precise timer; guests take the periodic one"),
        (KvmCapability.KVM_CAP_X2APIC_API, false, "interrupts to processor numbers above 254"),
        (KvmCapability.KVM_CAP_ADJUST_CLOCK, false, "a paravirtual clock that survives a pause"),
        (KvmCapability.KVM_CAP_READONLY_MEM, false, "read-only memory"),
        (KvmCapability.KVM_CAP_SYNC_REGS, false, "registers without a system call"),
        (KvmCapability.KVM_CAP_SET_GUEST_DEBUG, false, "a debugger on the guest"),
        (KvmCapability.KVM_CAP_DIRTY_LOG_RING, false, "a ring of dirtied pages"),
        (KvmCapability.KVM_CAP_STEAL_TIME, false, "stolen time shown in the guest"),
    ];
    /// <summary>The capabilities, whether a machine can do without each, and what it is for.</summary>
    public static ReadOnlySpan<(KvmCapability Capability, bool Needed, string Purpose)> All => s_rows;

    /// <summary>Refuses a host that lacks one that is needed, or has not got that many vCPUs.</summary>
    /// <exception cref="VmmException">The message says what is missing.</exception>
    public static void Check(KvmSystem kvm, int vcpus)
    {
        foreach ((KvmCapability capability, bool needed, _) in s_rows)
        {
            if (needed && kvm.Check(capability) == 0)
                throw KvmRemedy.ForMissing(capability);
        }
        int most = kvm.Check(KvmCapability.KVM_CAP_MAX_VCPUS);
        if (vcpus > most && most > 0)
            throw new VmmException($"--cpus: {vcpus} vCPUs are more than this host's KVM gives a machine ({most})");
    }
}
