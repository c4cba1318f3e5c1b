namespace Vmm.Kvm.Abi;

/// <summary>KVM_GET_REGS, KVM_SET_REGS.</summary>
internal struct kvm_regs
{
    public ulong rax, rbx, rcx, rdx;
    public ulong rsi, rdi, rsp, rbp;
    public ulong r8, r9, r10, r11;
    public ulong r12, r13, r14, r15;
    public ulong rip, rflags;
}

/// <summary>A segment register with its hidden part.</summary>
internal struct kvm_segment
{
    public ulong @base;
    public uint limit;
    public ushort selector;
    public byte type;
    public byte present, dpl, db, s, l, g, avl;
    public byte unusable;
    public byte padding;
}

/// <summary>GDTR or IDTR.</summary>
internal unsafe struct kvm_dtable
{
    public ulong @base;
    public ushort limit;
    public fixed ushort padding[3];
}

/// <summary>KVM_GET_SREGS, KVM_SET_SREGS.</summary>
internal unsafe struct kvm_sregs
{
    public kvm_segment cs, ds, es, fs, gs, ss;
    public kvm_segment tr, ldt;
    public kvm_dtable gdt, idt;
    public ulong cr0, cr2, cr3, cr4, cr8;
    public ulong efer;
    public ulong apic_base;
    public fixed ulong interrupt_bitmap[4];
}

/// <summary>One CPUID leaf of KVM_GET_SUPPORTED_CPUID and KVM_SET_CPUID2.</summary>
internal unsafe struct kvm_cpuid_entry2
{
    public uint function;
    public uint index;
    public uint flags;
    public uint eax;
    public uint ebx;
    public uint ecx;
    public uint edx;
    public fixed uint padding[3];
}

/// <summary>The header before an array of <see cref="kvm_cpuid_entry2"/>.</summary>
internal struct kvm_cpuid2
{
    public uint nent;
    public uint padding;
}

/// <summary>One model-specific register of KVM_GET_MSRS and KVM_SET_MSRS.</summary>
internal struct kvm_msr_entry
{
    public uint index;
    public uint reserved;
    public ulong data;
}

/// <summary>The header before an array of <see cref="kvm_msr_entry"/>.</summary>
internal struct kvm_msrs
{
    public uint nmsrs;
    public uint pad;
}

/// <summary>KVM_GET_MP_STATE, KVM_SET_MP_STATE.</summary>
internal struct kvm_mp_state
{
    public const uint KVM_MP_STATE_RUNNABLE = 0;
    public const uint KVM_MP_STATE_UNINITIALIZED = 1;
    public const uint KVM_MP_STATE_INIT_RECEIVED = 2;
    public const uint KVM_MP_STATE_HALTED = 3;
    public const uint KVM_MP_STATE_SIPI_RECEIVED = 4;

    public uint mp_state;
}

/// <summary>KVM_TRANSLATE.</summary>
internal unsafe struct kvm_translation
{
    public ulong linear_address;
    public ulong physical_address;
    public byte valid;
    public byte writeable;
    public byte usermode;
    public fixed byte pad[5];
}

/// <summary>KVM_SET_DEVICE_ATTR.</summary>
internal struct kvm_device_attr
{
    public const uint KVM_VCPU_TSC_CTRL = 0;
    public const ulong KVM_VCPU_TSC_OFFSET = 0;

    public uint flags;
    public uint group;
    public ulong attr;
    public ulong addr;
}
