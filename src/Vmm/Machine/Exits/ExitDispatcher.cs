using Vmm.Devices.Bus;
using Vmm.Kvm;
using Vmm.Kvm.Abi;

namespace Vmm.Machine.Exits;

/// <summary>
/// Answers one vCPU's exits. Port and memory accesses go to the buses; whatever else KVM can return is handled or ends
/// the machine with a report. Allocates nothing on the way of an access.
/// </summary>
/// <param name="ports">The I/O ports.</param>
/// <param name="memory">Device registers in the memory address space.</param>
/// <param name="crash">Describes a vCPU that cannot go on.</param>
/// <param name="counts">Whether exits are counted and timed. Only a measurement of what that costs does without.</param>
/// <param name="clock">What exits are timed by; the system's by default.</param>
internal sealed unsafe class ExitDispatcher(AddressBus ports, AddressBus memory, ICrashReporter crash, bool counts = true, ExitClock clock = default)
{
    // Where the accesses before went: mostly the next goes there, too.
    private BusRange? _lastPorts;
    private BusRange? _lastRegisters;

    /// <summary>What was counted and timed so far.</summary>
    public ExitCounters Counters { get; } = new(counts, clock);

    /// <summary>The I/O ports, for who wants to know whom an access goes to.</summary>
    public AddressBus Ports => ports;

    /// <summary>Device registers in the memory address space, likewise.</summary>
    public AddressBus Memory => memory;

    /// <summary>Who answers model-specific registers that KVM does not know; null for nobody.</summary>
    public IMsrDevice? Msrs { get; init; }

    /// <summary>Who stops at breakpoints; null for nobody. Set while the vCPU is held.</summary>
    public IDebugExits? Debugger { get; set; }

    /// <summary>Answers the exit in the vCPU's shared area.</summary>
    /// <returns>How the machine ended; null when the vCPU shall go on.</returns>
    public MachineOutcome? Dispatch(IVcpu vcpu)
    {
        long left = Counters.LeaveGuest();
        kvm_run* run = vcpu.Shared;
        KvmExitReason reason = run->exit_reason;
        MachineOutcome? outcome = null;
        IBusDevice? device = null;
        switch (reason)
        {
            case KvmExitReason.KVM_EXIT_IO:
                device = AccessPort(vcpu, run);
                break;
            case KvmExitReason.KVM_EXIT_MMIO:
                device = AccessMemory(&run->mmio);
                break;
            default:
                outcome = Answer(vcpu, run, reason);
                break;
        }
        Counters.EnterGuestAgain(reason, device, left);
        return outcome;
    }

    private MachineOutcome? Answer(IVcpu vcpu, kvm_run* run, KvmExitReason reason)
    {
        switch (reason)
        {
            case KvmExitReason.KVM_EXIT_INTR:
            case KvmExitReason.KVM_EXIT_IRQ_WINDOW_OPEN:
            case KvmExitReason.KVM_EXIT_SET_TPR:
            case KvmExitReason.KVM_EXIT_NMI:
            case KvmExitReason.KVM_EXIT_X86_BUS_LOCK:
            case KvmExitReason.KVM_EXIT_IOAPIC_EOI:
            case KvmExitReason.KVM_EXIT_DIRTY_RING_FULL:
                return null;
            case KvmExitReason.KVM_EXIT_X86_RDMSR:
            case KvmExitReason.KVM_EXIT_X86_WRMSR:
                AccessMsr(&run->msr, reason == KvmExitReason.KVM_EXIT_X86_WRMSR);
                return null;
            default:
                return End(vcpu, run, reason);
        }
    }

    private IBusDevice? AccessPort(IVcpu vcpu, kvm_run* run)
    {
        kvm_run_io* io = &run->io;
        byte* data = (byte*)run + io->data_offset;
        int size = io->size;
        if (ports.Find(io->port, size, ref _lastPorts) is not { } range)
        {
            if (io->direction == kvm_run_io.KVM_EXIT_IO_IN && Debugger?.IsBreakpoint(vcpu) != true)
                new Span<byte>(data, (int)(io->count * size)).Fill(0xff);
            return null;
        }
        ulong offset = io->port - range.Start;
        // A string instruction moves several items at one exit, all through the same port.
        for (uint i = 0; i < io->count; i++, data += size)
        {
            if (io->direction == kvm_run_io.KVM_EXIT_IO_IN)
                range.Read(offset, new Span<byte>(data, size));
            else
                range.Write(offset, new ReadOnlySpan<byte>(data, size));
        }
        return range.Device;
    }

    private IBusDevice? AccessMemory(kvm_run_mmio* mmio)
    {
        int length = (int)mmio->len;
        if (memory.Find(mmio->phys_addr, length, ref _lastRegisters) is not { } range)
        {
            if (mmio->is_write == 0)
                new Span<byte>(mmio->data, length).Fill(0xff);
            return null;
        }
        if (mmio->is_write != 0)
            range.Write(mmio->phys_addr - range.Start, new ReadOnlySpan<byte>(mmio->data, length));
        else
            range.Read(mmio->phys_addr - range.Start, new Span<byte>(mmio->data, length));
        return range.Device;
    }

    private void AccessMsr(kvm_run_msr* msr, bool write)
    {
        ulong value = 0;
        bool known = Msrs is { } device && (write ? device.TryWrite(msr->index, msr->data) : device.TryRead(msr->index, out value));
        if (known && !write)
            msr->data = value;
        // One that neither KVM nor this program has: the guest gets #GP, as on a processor without it.
        msr->error = known ? (byte)0 : (byte)1;
    }

    private MachineOutcome? End(IVcpu vcpu, kvm_run* run, KvmExitReason reason)
    {
        switch (reason)
        {
            case KvmExitReason.KVM_EXIT_SYSTEM_EVENT:
                return run->system_event.type switch
                {
                    kvm_run_system_event.KVM_SYSTEM_EVENT_SHUTDOWN => new MachineOutcome(OutcomeKind.PoweredOff),
                    kvm_run_system_event.KVM_SYSTEM_EVENT_RESET => new MachineOutcome(OutcomeKind.Reset),
                    uint type => Crash(OutcomeKind.UnexpectedExit, vcpu, $"system event {type}"),
                };
            case KvmExitReason.KVM_EXIT_DEBUG when Debugger is { } debugger:
                debugger.OnDebugExit(vcpu);
                return null;
            case KvmExitReason.KVM_EXIT_SHUTDOWN:
                return Crash(OutcomeKind.TripleFault, vcpu, "triple fault (KVM_EXIT_SHUTDOWN)");
            case KvmExitReason.KVM_EXIT_INTERNAL_ERROR:
                return Crash(OutcomeKind.InternalError, vcpu, DescribeInternalError(run));
            case KvmExitReason.KVM_EXIT_FAIL_ENTRY:
                return Crash(OutcomeKind.EntryFailure, vcpu,
                    $"the processor refused to enter the guest (KVM_EXIT_FAIL_ENTRY, hardware reason 0x{run->fail_entry.hardware_entry_failure_reason:x})");
            case KvmExitReason.KVM_EXIT_UNKNOWN:
                return Crash(OutcomeKind.UnexpectedExit, vcpu,
                    $"an exit that KVM does not know (KVM_EXIT_UNKNOWN, hardware reason 0x{run->hw.hardware_exit_reason:x})");
            default:
                return Crash(OutcomeKind.UnexpectedExit, vcpu, $"an exit that this machine does not handle ({reason})");
        }
    }

    private MachineOutcome Crash(OutcomeKind kind, IVcpu vcpu, string what) => new(kind, Report: crash.Describe(vcpu, kind, what), Vcpu: vcpu.Number);

    private static string DescribeInternalError(kvm_run* run) => run->@internal.suberror switch
    {
        kvm_run_internal.KVM_INTERNAL_ERROR_EMULATION => "KVM could not emulate an instruction (KVM_EXIT_INTERNAL_ERROR, emulation)",
        kvm_run_internal.KVM_INTERNAL_ERROR_SIMUL_EX => "KVM met two exceptions at once (KVM_EXIT_INTERNAL_ERROR, simultaneous exceptions)",
        kvm_run_internal.KVM_INTERNAL_ERROR_DELIVERY_EV => "KVM failed while it delivered an event (KVM_EXIT_INTERNAL_ERROR, event delivery)",
        kvm_run_internal.KVM_INTERNAL_ERROR_UNEXPECTED_EXIT_REASON => "KVM met an exit of the processor that it does not know (KVM_EXIT_INTERNAL_ERROR)",
        uint other => $"KVM failed inside (KVM_EXIT_INTERNAL_ERROR, suberror {other})",
    };
}
