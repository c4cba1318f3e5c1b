namespace Vmm.Kvm.Abi;

/// <summary>The ioctl numbers of KVM (linux/kvm.h), made as asm-generic/ioctl.h makes them and proved against C by a test.</summary>
internal static unsafe class KvmIoctl
{
    private const uint KVMIO = 0xAE;
    private const uint None = 0;
    private const uint Write = 1;
    private const uint Read = 2;

    // System: on /dev/kvm.
    public static readonly nuint KVM_GET_API_VERSION = Number(None, 0x00, 0);
    public static readonly nuint KVM_CREATE_VM = Number(None, 0x01, 0);
    public static readonly nuint KVM_CHECK_EXTENSION = Number(None, 0x03, 0);
    public static readonly nuint KVM_GET_VCPU_MMAP_SIZE = Number(None, 0x04, 0);
    public static readonly nuint KVM_GET_MSR_INDEX_LIST = Number(Read | Write, 0x02, sizeof(kvm_msr_list));
    public static readonly nuint KVM_GET_SUPPORTED_CPUID = Number(Read | Write, 0x05, sizeof(kvm_cpuid2));

    // VM.
    public static readonly nuint KVM_CREATE_VCPU = Number(None, 0x41, 0);
    public static readonly nuint KVM_GET_DIRTY_LOG = Number(Write, 0x42, sizeof(kvm_dirty_log));
    public static readonly nuint KVM_SET_USER_MEMORY_REGION = Number(Write, 0x46, sizeof(kvm_userspace_memory_region));
    public static readonly nuint KVM_SET_TSS_ADDR = Number(None, 0x47, 0);
    public static readonly nuint KVM_SET_IDENTITY_MAP_ADDR = Number(Write, 0x48, sizeof(ulong));
    public static readonly nuint KVM_CREATE_IRQCHIP = Number(None, 0x60, 0);
    public static readonly nuint KVM_IRQ_LINE = Number(Write, 0x61, sizeof(kvm_irq_level));
    public static readonly nuint KVM_GET_IRQCHIP = Number(Read | Write, 0x62, sizeof(kvm_irqchip));
    public static readonly nuint KVM_SET_IRQCHIP = Number(Read, 0x63, sizeof(kvm_irqchip));
    public static readonly nuint KVM_IRQFD = Number(Write, 0x76, sizeof(kvm_irqfd));
    public static readonly nuint KVM_CREATE_PIT2 = Number(Write, 0x77, sizeof(kvm_pit_config));
    public static readonly nuint KVM_IOEVENTFD = Number(Write, 0x79, sizeof(kvm_ioeventfd));
    public static readonly nuint KVM_ENABLE_CAP = Number(Write, 0xa3, sizeof(kvm_enable_cap));
    public static readonly nuint KVM_SET_CLOCK = Number(Write, 0x7b, sizeof(kvm_clock_data));
    public static readonly nuint KVM_GET_CLOCK = Number(Read, 0x7c, sizeof(kvm_clock_data));
    public static readonly nuint KVM_GET_PIT2 = Number(Read, 0x9f, sizeof(kvm_pit_state2));
    public static readonly nuint KVM_SET_PIT2 = Number(Write, 0xa0, sizeof(kvm_pit_state2));
    public static readonly nuint KVM_SIGNAL_MSI = Number(Write, 0xa5, sizeof(kvm_msi));
    public static readonly nuint KVM_CLEAR_DIRTY_LOG = Number(Read | Write, 0xc0, sizeof(kvm_clear_dirty_log));

    // vCPU.
    public static readonly nuint KVM_RUN = Number(None, 0x80, 0);
    public static readonly nuint KVM_GET_REGS = Number(Read, 0x81, sizeof(kvm_regs));
    public static readonly nuint KVM_SET_REGS = Number(Write, 0x82, sizeof(kvm_regs));
    public static readonly nuint KVM_GET_SREGS = Number(Read, 0x83, sizeof(kvm_sregs));
    public static readonly nuint KVM_SET_SREGS = Number(Write, 0x84, sizeof(kvm_sregs));
    public static readonly nuint KVM_TRANSLATE = Number(Read | Write, 0x85, sizeof(kvm_translation));
    public static readonly nuint KVM_GET_MSRS = Number(Read | Write, 0x88, sizeof(kvm_msrs));
    public static readonly nuint KVM_SET_MSRS = Number(Write, 0x89, sizeof(kvm_msrs));
    public static readonly nuint KVM_GET_LAPIC = Number(Read, 0x8e, sizeof(kvm_lapic_state));
    public static readonly nuint KVM_SET_LAPIC = Number(Write, 0x8f, sizeof(kvm_lapic_state));
    public static readonly nuint KVM_GET_CPUID2 = Number(Read | Write, 0x91, sizeof(kvm_cpuid2));
    public static readonly nuint KVM_GET_VCPU_EVENTS = Number(Read, 0x9f, sizeof(kvm_vcpu_events));
    public static readonly nuint KVM_SET_VCPU_EVENTS = Number(Write, 0xa0, sizeof(kvm_vcpu_events));
    public static readonly nuint KVM_GET_DEBUGREGS = Number(Read, 0xa1, sizeof(kvm_debugregs));
    public static readonly nuint KVM_SET_DEBUGREGS = Number(Write, 0xa2, sizeof(kvm_debugregs));
    public static readonly nuint KVM_SET_TSC_KHZ = Number(None, 0xa2, 0);
    public static readonly nuint KVM_GET_TSC_KHZ = Number(None, 0xa3, 0);
    public static readonly nuint KVM_GET_XSAVE = Number(Read, 0xa4, sizeof(kvm_xsave));
    public static readonly nuint KVM_SET_XSAVE = Number(Write, 0xa5, sizeof(kvm_xsave));
    public static readonly nuint KVM_GET_XCRS = Number(Read, 0xa6, sizeof(kvm_xcrs));
    public static readonly nuint KVM_SET_XCRS = Number(Write, 0xa7, sizeof(kvm_xcrs));
    public static readonly nuint KVM_GET_XSAVE2 = Number(Read, 0xcf, sizeof(kvm_xsave));
    public static readonly nuint KVM_SET_CPUID2 = Number(Write, 0x90, sizeof(kvm_cpuid2));
    public static readonly nuint KVM_GET_MP_STATE = Number(Read, 0x98, sizeof(kvm_mp_state));
    public static readonly nuint KVM_SET_MP_STATE = Number(Write, 0x99, sizeof(kvm_mp_state));
    public static readonly nuint KVM_KVMCLOCK_CTRL = Number(None, 0xad, 0);
    public static readonly nuint KVM_SET_DEVICE_ATTR = Number(Write, 0xe1, sizeof(kvm_device_attr));
    public static readonly nuint KVM_SET_GUEST_DEBUG = Number(Write, 0x9b, sizeof(kvm_guest_debug));
    public static readonly nuint KVM_NMI = Number(None, 0x9a, 0);

    private static nuint Number(uint direction, uint number, int size) =>
        (direction << 30) | ((uint)size << 16) | (KVMIO << 8) | number;
}
