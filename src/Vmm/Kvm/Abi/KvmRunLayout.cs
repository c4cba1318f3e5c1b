using System.Runtime.InteropServices;

namespace Vmm.Kvm.Abi;

/// <summary>struct kvm_run: the page that a vCPU shares with the kernel. The members from offset 32 on overlay each other.</summary>
[StructLayout(LayoutKind.Explicit, Size = 2352)]
internal unsafe struct kvm_run
{
    [FieldOffset(0)] public byte request_interrupt_window;
    [FieldOffset(1)] public byte immediate_exit;
    [FieldOffset(8)] public KvmExitReason exit_reason;
    [FieldOffset(12)] public byte ready_for_interrupt_injection;
    [FieldOffset(13)] public byte if_flag;
    [FieldOffset(14)] public ushort flags;
    [FieldOffset(16)] public ulong cr8;
    [FieldOffset(24)] public ulong apic_base;

    [FieldOffset(32)] public kvm_run_hw hw;
    [FieldOffset(32)] public kvm_run_fail_entry fail_entry;
    [FieldOffset(32)] public kvm_run_io io;
    [FieldOffset(32)] public kvm_debug_exit_arch debug;
    [FieldOffset(32)] public kvm_run_mmio mmio;
    [FieldOffset(32)] public kvm_run_internal @internal;
    [FieldOffset(32)] public kvm_run_emulation_failure emulation_failure;
    [FieldOffset(32)] public kvm_run_system_event system_event;
    [FieldOffset(32)] public kvm_run_msr msr;

    [FieldOffset(288)] public ulong kvm_valid_regs;
    [FieldOffset(296)] public ulong kvm_dirty_regs;
    [FieldOffset(304)] public synced s;

    /// <summary>What KVM keeps here of a vCPU's registers while <c>kvm_valid_regs</c> asks for it.</summary>
    public struct synced
    {
        public kvm_sync_regs regs;
    }
}

/// <summary>Registers in struct kvm_run (KVM_CAP_SYNC_REGS).</summary>
internal struct kvm_sync_regs
{
    public const ulong KVM_SYNC_X86_REGS = 1;
    public const ulong KVM_SYNC_X86_SREGS = 2;

    public kvm_regs regs;
    public kvm_sregs sregs;
    public kvm_vcpu_events events;
}

/// <summary>KVM_EXIT_UNKNOWN.</summary>
internal struct kvm_run_hw
{
    public ulong hardware_exit_reason;
}

/// <summary>KVM_EXIT_FAIL_ENTRY.</summary>
internal struct kvm_run_fail_entry
{
    public ulong hardware_entry_failure_reason;
    public uint cpu;
}

/// <summary>KVM_EXIT_IO: <c>count</c> items of <c>size</c> bytes at <c>data_offset</c> from the start of kvm_run.</summary>
internal struct kvm_run_io
{
    public const byte KVM_EXIT_IO_IN = 0;
    public const byte KVM_EXIT_IO_OUT = 1;

    public byte direction;
    public byte size;
    public ushort port;
    public uint count;
    public ulong data_offset;
}

/// <summary>KVM_EXIT_MMIO.</summary>
internal unsafe struct kvm_run_mmio
{
    public ulong phys_addr;
    public fixed byte data[8];
    public uint len;
    public byte is_write;
}

/// <summary>KVM_EXIT_INTERNAL_ERROR.</summary>
internal unsafe struct kvm_run_internal
{
    public const uint KVM_INTERNAL_ERROR_EMULATION = 1;
    public const uint KVM_INTERNAL_ERROR_SIMUL_EX = 2;
    public const uint KVM_INTERNAL_ERROR_DELIVERY_EV = 3;
    public const uint KVM_INTERNAL_ERROR_UNEXPECTED_EXIT_REASON = 4;

    public uint suberror;
    public uint ndata;
    public fixed ulong data[16];
}

/// <summary>KVM_EXIT_INTERNAL_ERROR with suberror KVM_INTERNAL_ERROR_EMULATION.</summary>
internal unsafe struct kvm_run_emulation_failure
{
    public const ulong KVM_INTERNAL_ERROR_EMULATION_FLAG_INSTRUCTION_BYTES = 1;

    public uint suberror;
    public uint ndata;
    public ulong flags;
    public byte insn_size;
    public fixed byte insn_bytes[15];
}

/// <summary>KVM_EXIT_SYSTEM_EVENT.</summary>
internal unsafe struct kvm_run_system_event
{
    public const uint KVM_SYSTEM_EVENT_SHUTDOWN = 1;
    public const uint KVM_SYSTEM_EVENT_RESET = 2;
    public const uint KVM_SYSTEM_EVENT_CRASH = 3;

    public uint type;
    public uint ndata;
    public fixed ulong data[16];
}

/// <summary>KVM_EXIT_X86_RDMSR and KVM_EXIT_X86_WRMSR.</summary>
internal unsafe struct kvm_run_msr
{
    public byte error;
    public fixed byte pad[7];
    public uint reason;
    public uint index;
    public ulong data;
}
