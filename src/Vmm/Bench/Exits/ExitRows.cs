using Vmm.Firmware;

namespace Vmm.Bench.Exits;

/// <summary>Every row of <c>vmm bench exits</c>, in the order of the table.</summary>
internal static class ExitRows
{
    /// <summary>Ports of the measured device.</summary>
    public const ushort Port = 0x520;

    /// <summary>How many ports it has.</summary>
    public const ushort Ports = 8;

    /// <summary>Its page of registers.</summary>
    public const uint Registers = 0xFEBF_F000;

    /// <summary>A model-specific register that no processor and no KVM has.</summary>
    public const uint StrangeMsr = 0x4000_5000;

    /// <summary>The interrupt controller's edge/level register, which KVM answers by itself; vmexit uses it too.</summary>
    private const ushort KernelPort = 0x4D0;

    private const uint IA32_TSC_ADJUST = 0x3B;
    private const uint MSR_KERNEL_GS_BASE = 0xC000_0102;
    private const uint TimerNs = 50_000;

    /// <summary>The rows.</summary>
    public static IReadOnlyList<ExitRow> All { get; } =
    [
        new("immediate_exit", LeavesTo.Nobody, "the floor: KVM_RUN that enters no guest"),
        new("rdtsc", LeavesTo.Nobody, "nothing: two readings of the TSC, which every row contains") { Access = ExitAccess.Empty },
        new("rdtsc_cpl3", LeavesTo.Nobody, "the same at CPL 3") { Access = ExitAccess.Empty, IsUser = true },
        new("portio-no-eventfd", LeavesTo.User, "port write to a device") { Access = ExitAccess.PortOut, Argument = Port, IsMeasuredUncounted = true },
        new("inl_from_qemu", LeavesTo.User, "port read from a device") { Access = ExitAccess.PortIn, Argument = Port },
        new("mmio-no-eventfd", LeavesTo.User, "memory write to a device") { Access = ExitAccess.MemoryWrite, Argument = Registers },
        new("mmio_read", LeavesTo.User, "memory read from a device") { Access = ExitAccess.MemoryRead, Argument = Registers },
        new("portio_cpl3", LeavesTo.User, "port write to a device, at CPL 3") { Access = ExitAccess.PortOut, Argument = Port, IsUser = true, IsMeasuredUncounted = true },
        new("inl_cpl3", LeavesTo.User, "port read from a device, at CPL 3") { Access = ExitAccess.PortIn, Argument = Port, IsUser = true },
        new("mmio_write_cpl3", LeavesTo.User, "memory write to a device, at CPL 3") { Access = ExitAccess.MemoryWrite, Argument = Registers, IsUser = true },
        new("mmio_read_cpl3", LeavesTo.User, "memory read from a device, at CPL 3") { Access = ExitAccess.MemoryRead, Argument = Registers, IsUser = true },
        new("rdmsr_to_user", LeavesTo.User, "RDMSR of a register that user space answers") { Access = ExitAccess.MsrRead, Argument = StrangeMsr, HasUserMsrs = true },
        new("wrmsr_to_user", LeavesTo.User, "WRMSR of a register that user space answers") { Access = ExitAccess.MsrWrite, Argument = StrangeMsr, HasUserMsrs = true },
        new("portio-wildcard-eventfd", LeavesTo.Kernel, "doorbell: port write to an ioeventfd") { Access = ExitAccess.PortOut, Argument = Port, Doorbell = DoorbellKind.Port },
        new("mmio-wildcard-eventfd", LeavesTo.Kernel, "doorbell: memory write to an ioeventfd") { Access = ExitAccess.MemoryWrite, Argument = Registers, Doorbell = DoorbellKind.Memory },
        new("doorbell_echo", LeavesTo.Kernel, "doorbell until a thread of the host has answered in memory") { Access = ExitAccess.Echo, Wake = WakeKind.Echo, Divisor = 4 },
        new("cpuid", LeavesTo.Kernel, "CPUID, leaf 0") { Access = ExitAccess.Cpuid },
        new("cpuid_cpl3", LeavesTo.Kernel, "CPUID, leaf 0, at CPL 3") { Access = ExitAccess.Cpuid, IsUser = true },
        new("vmcall", LeavesTo.Kernel, "hypercall that does not exist") { Access = ExitAccess.Vmcall },
        new("inl_from_kernel", LeavesTo.Kernel, "port read from KVM's PIC") { Access = ExitAccess.PortInByte, Argument = KernelPort },
        new("outl_to_kernel", LeavesTo.Kernel, "port write to KVM's PIC") { Access = ExitAccess.PortOutByte, Argument = KernelPort },
        new("mov_from_cr8", LeavesTo.Kernel, "reads the task priority; no exit on most processors") { Access = ExitAccess.FromCr8 },
        new("mov_to_cr8", LeavesTo.Kernel, "writes the task priority; no exit on most processors") { Access = ExitAccess.ToCr8 },
        new("rd_tsc_adjust_msr", LeavesTo.Kernel, "RDMSR answered by KVM") { Access = ExitAccess.MsrRead, Argument = IA32_TSC_ADJUST },
        new("wr_tsc_adjust_msr", LeavesTo.Kernel, "WRMSR answered by KVM") { Access = ExitAccess.MsrWrite, Argument = IA32_TSC_ADJUST },
        new("wr_kernel_gs_base", LeavesTo.Kernel, "WRMSR that needs no exit on most processors") { Access = ExitAccess.MsrWrite, Argument = MSR_KERNEL_GS_BASE },
        new("self_ipi_sti_nop", LeavesTo.Kernel, "interrupt to itself, taken at once") { Access = ExitAccess.SelfIpiNop },
        new("self_ipi_sti_hlt", LeavesTo.Kernel, "interrupt to itself, which ends HLT") { Access = ExitAccess.SelfIpiHalt },
        new("ipi", LeavesTo.Kernel, "interrupt to a vCPU that spins, until it answers") { Access = ExitAccess.Ipi, Vcpus = 2, Divisor = 4 },
        new("ipi_halt", LeavesTo.Kernel, "interrupt to a vCPU that is halted, until it answers") { Access = ExitAccess.IpiHalt, Vcpus = 2, Divisor = 4 },
        new("lapic_timer", LeavesTo.Kernel, "how late the timer's interrupt ends HLT") { Access = ExitAccess.Timer, Argument = TimerNs, LessNs = TimerNs, Divisor = 4 },
        new("hlt_irqfd", LeavesTo.Kernel, "HLT ended by an irqfd, from the host's signal to the handler") { Access = ExitAccess.Halt, Wake = WakeKind.IrqFd, Divisor = 10 },
        new("hlt_msi", LeavesTo.Kernel, "HLT ended by KVM_SIGNAL_MSI, from the call to the handler") { Access = ExitAccess.Halt, Wake = WakeKind.Msi, Divisor = 10 },
        Page("first_touch_4k", PageKind.Fresh, "first write to a page of 4 KiB"),
        Page("first_touch_2m", PageKind.Huge, "first write to a page of 2 MiB") with { Divisor = 50 },
        Page("dirty_log_page", PageKind.Logged, "first write to a page whose writes are logged"),
        Page("userfaultfd_page", PageKind.Served, "first write to a page that a thread of the host gives") with { Divisor = 2 },
    ];

    /// <summary>The row of a name; null when there is none.</summary>
    public static ExitRow? Find(string name) => All.FirstOrDefault(row => row.Name == name);

    /// <summary>Pages are touched at CPL 3: where KVM emulates CPL 0 it would touch them for the guest, in another way.</summary>
    private static ExitRow Page(string name, PageKind kind, string what) =>
        new(name, LeavesTo.Kernel, what) { Access = ExitAccess.Touch, IsUser = true, Pages = kind, Argument = kind == PageKind.Huge ? 2UL << 20 : 4096 };
}
