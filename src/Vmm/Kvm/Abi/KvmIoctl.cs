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
    public static readonly nuint KVM_GET_SUPPORTED_CPUID = Number(Read | Write, 0x05, sizeof(kvm_cpuid2));

    // VM.
    public static readonly nuint KVM_CREATE_VCPU = Number(None, 0x41, 0);
    public static readonly nuint KVM_SET_USER_MEMORY_REGION = Number(Write, 0x46, sizeof(kvm_userspace_memory_region));
    public static readonly nuint KVM_SET_TSS_ADDR = Number(None, 0x47, 0);
    public static readonly nuint KVM_SET_IDENTITY_MAP_ADDR = Number(Write, 0x48, sizeof(ulong));
    public static readonly nuint KVM_CREATE_IRQCHIP = Number(None, 0x60, 0);
    public static readonly nuint KVM_IRQ_LINE = Number(Write, 0x61, sizeof(kvm_irq_level));
    public static readonly nuint KVM_IRQFD = Number(Write, 0x76, sizeof(kvm_irqfd));
    public static readonly nuint KVM_CREATE_PIT2 = Number(Write, 0x77, sizeof(kvm_pit_config));
    public static readonly nuint KVM_IOEVENTFD = Number(Write, 0x79, sizeof(kvm_ioeventfd));
    public static readonly nuint KVM_SIGNAL_MSI = Number(Write, 0xa5, sizeof(kvm_msi));

    // vCPU.
    public static readonly nuint KVM_RUN = Number(None, 0x80, 0);
    public static readonly nuint KVM_GET_REGS = Number(Read, 0x81, sizeof(kvm_regs));
    public static readonly nuint KVM_SET_REGS = Number(Write, 0x82, sizeof(kvm_regs));
    public static readonly nuint KVM_GET_SREGS = Number(Read, 0x83, sizeof(kvm_sregs));
    public static readonly nuint KVM_SET_SREGS = Number(Write, 0x84, sizeof(kvm_sregs));
    public static readonly nuint KVM_TRANSLATE = Number(Read | Write, 0x85, sizeof(kvm_translation));
    public static readonly nuint KVM_GET_MSRS = Number(Read | Write, 0x88, sizeof(kvm_msrs));
    public static readonly nuint KVM_SET_MSRS = Number(Write, 0x89, sizeof(kvm_msrs));
    public static readonly nuint KVM_SET_SIGNAL_MASK = Number(Write, 0x8b, sizeof(kvm_signal_mask));
    public static readonly nuint KVM_SET_CPUID2 = Number(Write, 0x90, sizeof(kvm_cpuid2));
    public static readonly nuint KVM_GET_MP_STATE = Number(Read, 0x98, sizeof(kvm_mp_state));
    public static readonly nuint KVM_SET_MP_STATE = Number(Write, 0x99, sizeof(kvm_mp_state));
    public static readonly nuint KVM_KVMCLOCK_CTRL = Number(None, 0xad, 0);
    public static readonly nuint KVM_NMI = Number(None, 0x9a, 0);

    private static nuint Number(uint direction, uint number, int size) =>
        (direction << 30) | ((uint)size << 16) | (KVMIO << 8) | number;
}
