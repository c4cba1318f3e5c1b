namespace Vmm.Kvm.Abi;

/// <summary>KVM_GET_LAPIC, KVM_SET_LAPIC: the registers of a local APIC, as its page has them.</summary>
internal unsafe struct kvm_lapic_state
{
    public fixed byte regs[1024];
}

/// <summary>One extended control register.</summary>
internal struct kvm_xcr
{
    public uint xcr;
    public uint reserved;
    public ulong value;
}

/// <summary>KVM_GET_XCRS, KVM_SET_XCRS: <c>nr_xcrs</c> entries of <see cref="kvm_xcr"/>, from offset 8.</summary>
internal unsafe struct kvm_xcrs
{
    public const int KVM_MAX_XCRS = 16;

    public uint nr_xcrs;
    public uint flags;
    public fixed ulong xcrs[2 * KVM_MAX_XCRS];
    public fixed ulong padding[16];
}

/// <summary>KVM_GET_XSAVE, KVM_SET_XSAVE: the XSAVE area in its standard form; KVM_GET_XSAVE2 gives as much as KVM_CAP_XSAVE2 says.</summary>
internal unsafe struct kvm_xsave
{
    public fixed uint region[1024];
}

/// <summary>KVM_GET_VCPU_EVENTS, KVM_SET_VCPU_EVENTS: what was about to be delivered. The members are the kernel's nested ones, by offset.</summary>
internal unsafe struct kvm_vcpu_events
{
    public const uint KVM_VCPUEVENT_VALID_NMI_PENDING = 1;
    public const uint KVM_VCPUEVENT_VALID_SIPI_VECTOR = 2;
    public const uint KVM_VCPUEVENT_VALID_SHADOW = 4;
    public const uint KVM_VCPUEVENT_VALID_SMM = 8;

    public ExceptionEvent exception;
    public InterruptEvent interrupt;
    public NmiEvent nmi;
    public uint sipi_vector;
    public uint flags;
    public SmiEvent smi;
    public TripleFaultEvent triple_fault;
    public fixed byte reserved[26];
    public byte exception_has_payload;
    public ulong exception_payload;

    public struct ExceptionEvent
    {
        public byte injected, nr, has_error_code, pending;
        public uint error_code;
    }

    public struct InterruptEvent
    {
        public byte injected, nr, soft, shadow;
    }

    public struct NmiEvent
    {
        public byte injected, pending, masked, pad;
    }

    public struct SmiEvent
    {
        public byte smm, pending, smm_inside_nmi, latched_init;
    }

    public struct TripleFaultEvent
    {
        public byte pending;
    }
}

/// <summary>KVM_GET_DEBUGREGS, KVM_SET_DEBUGREGS.</summary>
internal unsafe struct kvm_debugregs
{
    public fixed ulong db[4];
    public ulong dr6;
    public ulong dr7;
    public ulong flags;
    public fixed ulong reserved[9];
}

/// <summary>KVM_GET_MSR_INDEX_LIST: the header before an array of numbers.</summary>
internal struct kvm_msr_list
{
    public uint nmsrs;
}

/// <summary>KVM_GET_IRQCHIP, KVM_SET_IRQCHIP: one interrupt controller, <see cref="kvm_pic_state"/> or <see cref="kvm_ioapic_state"/> from offset 8.</summary>
internal unsafe struct kvm_irqchip
{
    public const uint KVM_IRQCHIP_PIC_MASTER = 0;
    public const uint KVM_IRQCHIP_PIC_SLAVE = 1;
    public const uint KVM_IRQCHIP_IOAPIC = 2;

    public uint chip_id;
    public uint pad;
    public fixed byte chip[512];
}

/// <summary>One 8259A.</summary>
internal struct kvm_pic_state
{
    public byte last_irr, irr, imr, isr;
    public byte priority_add, irq_base, read_reg_select, poll;
    public byte special_mask, init_state, auto_eoi, rotate_on_auto_eoi;
    public byte special_fully_nested_mode, init4, elcr, elcr_mask;
}

/// <summary>The I/O APIC.</summary>
internal unsafe struct kvm_ioapic_state
{
    public const int KVM_IOAPIC_NUM_PINS = 24;

    public ulong base_address;
    public uint ioregsel;
    public uint id;
    public uint irr;
    public uint pad;
    public fixed ulong redirtbl[KVM_IOAPIC_NUM_PINS];
}

/// <summary>One counter of the 8254.</summary>
internal struct kvm_pit_channel_state
{
    public uint count;
    public ushort latched_count;
    public byte count_latched, status_latched, status, read_state, write_state, write_latch, rw_mode, mode, bcd, gate;
    public long count_load_time;
}

/// <summary>KVM_GET_PIT2, KVM_SET_PIT2.</summary>
internal unsafe struct kvm_pit_state2
{
    public fixed byte channels[72];
    public uint flags;
    public fixed uint reserved[9];
}

/// <summary>KVM_GET_CLOCK, KVM_SET_CLOCK: kvm-clock, in nanoseconds.</summary>
internal unsafe struct kvm_clock_data
{
    public const uint KVM_CLOCK_REALTIME = 4;

    public ulong clock;
    public uint flags;
    public uint pad0;
    public ulong realtime;
    public ulong host_tsc;
    public fixed uint pad[4];
}
