namespace Vmm.Kvm.Abi;

/// <summary>KVM_SET_USER_MEMORY_REGION.</summary>
internal struct kvm_userspace_memory_region
{
    public const uint KVM_MEM_LOG_DIRTY_PAGES = 1;
    public const uint KVM_MEM_READONLY = 2;

    public uint slot;
    public uint flags;
    public ulong guest_phys_addr;
    public ulong memory_size;
    public ulong userspace_addr;
}

/// <summary>KVM_GET_DIRTY_LOG.</summary>
internal struct kvm_dirty_log
{
    public uint slot;
    public uint padding1;
    public ulong dirty_bitmap;
}

/// <summary>KVM_CLEAR_DIRTY_LOG.</summary>
internal struct kvm_clear_dirty_log
{
    public uint slot;
    public uint num_pages;
    public ulong first_page;
    public ulong dirty_bitmap;
}

/// <summary>KVM_ENABLE_CAP.</summary>
internal unsafe struct kvm_enable_cap
{
    public const ulong KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE = 1;
    public const ulong KVM_MSR_EXIT_REASON_UNKNOWN = 1 << 1;

    public uint cap;
    public uint flags;
    public fixed ulong args[4];
    public fixed byte pad[64];
}

/// <summary>KVM_CREATE_PIT2.</summary>
internal unsafe struct kvm_pit_config
{
    public const uint KVM_PIT_SPEAKER_DUMMY = 1;

    public uint flags;
    public fixed uint pad[15];
}

/// <summary>KVM_IRQ_LINE.</summary>
internal struct kvm_irq_level
{
    public uint irq;
    public uint level;
}

/// <summary>KVM_IOEVENTFD.</summary>
internal unsafe struct kvm_ioeventfd
{
    public const uint KVM_IOEVENTFD_FLAG_DATAMATCH = 1;
    public const uint KVM_IOEVENTFD_FLAG_PIO = 2;
    public const uint KVM_IOEVENTFD_FLAG_DEASSIGN = 4;

    public ulong datamatch;
    public ulong addr;
    public uint len;
    public int fd;
    public uint flags;
    public fixed byte pad[36];
}

/// <summary>KVM_IRQFD.</summary>
internal unsafe struct kvm_irqfd
{
    public const uint KVM_IRQFD_FLAG_DEASSIGN = 1;

    public uint fd;
    public uint gsi;
    public uint flags;
    public uint resamplefd;
    public fixed byte pad[16];
}

/// <summary>KVM_SIGNAL_MSI.</summary>
internal unsafe struct kvm_msi
{
    public uint address_lo;
    public uint address_hi;
    public uint data;
    public uint flags;
    public uint devid;
    public fixed byte pad[12];
}
