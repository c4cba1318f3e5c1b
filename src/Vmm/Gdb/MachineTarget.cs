using System.Collections.Concurrent;
using Vmm.Gdb.Breakpoints;
using Vmm.Gdb.Registers;
using Vmm.Guest.Memory;
using Vmm.Host;
using Vmm.Inspect;
using Vmm.Kvm;
using Vmm.Kvm.Abi;
using Vmm.Machine;
using Vmm.Machine.Build;
using Vmm.Machine.Exits;

namespace Vmm.Gdb;

/// <summary>
/// A machine as a debugger's target. Everything here is the debugger's thread, with all vCPUs held, but for <see cref="IDebugExits.OnDebugExit"/>: that is
/// a vCPU's, which only reads what nobody changes while a vCPU runs.
/// </summary>
internal sealed unsafe class MachineTarget : IGdbTarget, IDebugExits
{
    private readonly MicroVm _vm;
    private readonly Action _stopWanted;
    private readonly VcpuAccess[] _registers;
    private readonly VirtualMemory _memory;
    private readonly SoftwareBreakpoints _software;
    private readonly DebugRegisters _hardware = new();
    private readonly DebugTraps _traps = new();
    private readonly DebugSupport _support = DebugSupport.Here;
    private readonly uint _step;
    // What each vCPU leaves the guest for at the moment.
    private readonly uint[] _control;
    private readonly ConcurrentQueue<StopReason> _stops = new();
    private volatile bool _interrupted;
    private bool _knowsOfCrash;

    /// <summary>Looks at a machine, which may be running.</summary>
    /// <param name="vm">The machine.</param>
    /// <param name="stopWanted">Called on any thread: somebody is to call <see cref="Stop"/>.</param>
    /// <exception cref="VmmException">This host's KVM cannot debug.</exception>
    public MachineTarget(MicroVm vm, Action stopWanted)
    {
        if (vm.Kvm.Check(KvmCapability.KVM_CAP_SET_GUEST_DEBUG) == 0)
            throw new VmmException("--gdb: this host's KVM cannot debug a guest (KVM_CAP_SET_GUEST_DEBUG); leave the option out");
        (_vm, _stopWanted) = (vm, stopWanted);
        int xsave = Kvm.State.KvmParts.XsaveSize(vm.Kvm);
        _registers = [.. vm.Vcpus.Select(vcpu => new VcpuAccess(vcpu, xsave))];
        _software = new SoftwareBreakpoints(vm.Ram.Memory, _support.Trap ?? BreakpointTrap.Int3);
        _memory = new VirtualMemory(vm.Ram.Memory, _software);
        _control = new uint[vm.Vcpus.Count];
        _step = SingleStep.Control(vm.Kvm);
        foreach (ExitDispatcher dispatcher in vm.Machine.Dispatchers)
            dispatcher.Debugger = this;
    }

    /// <inheritdoc/>
    public int Vcpus => _vm.Vcpus.Count;

    /// <inheritdoc/>
    public string Description => $"{Vcpus} vCPUs, {_vm.Ram.Length >> 20} MiB of RAM; {_support}";

    /// <inheritdoc/>
    public string Describe(int vcpu) => _registers[vcpu].Describe();

    /// <inheritdoc/>
    public void ReadRegisters(int vcpu, Span<byte> block) => _registers[vcpu].Read(block);

    /// <inheritdoc/>
    public bool TryWriteRegisters(int vcpu, ReadOnlySpan<byte> block) => _registers[vcpu].TryWrite(block);

    /// <inheritdoc/>
    public int ReadMemory(int vcpu, ulong address, Span<byte> data) => _memory.Read(_vm.Vcpus[vcpu], address, data);

    /// <inheritdoc/>
    public bool TryWriteMemory(int vcpu, ulong address, ReadOnlySpan<byte> data) => _memory.TryWrite(_vm.Vcpus[vcpu], address, data);

    /// <inheritdoc/>
    public BreakpointResult Insert(int vcpu, BreakpointKind kind, ulong address, ulong length)
    {
        if (kind == BreakpointKind.Software)
            return InsertSoftware(_vm.Vcpus[vcpu], address, length);
        return (kind == BreakpointKind.Hardware ? _support.Hardware : _support.Watch) ? _hardware.Insert(kind, address, length) : BreakpointResult.Unsupported;
    }

    /// <inheritdoc/>
    public BreakpointResult Remove(BreakpointKind kind, ulong address, ulong length)
    {
        if (kind == BreakpointKind.Software)
            _software.Remove(address);
        else
            _hardware.Remove(kind, address, length);
        return BreakpointResult.Done;
    }

    /// <inheritdoc/>
    public void Resume(ReadOnlySpan<VcpuAction> actions)
    {
        // A watchpoint tells of what was done already: one that could not be told yet does not come again by itself.
        if (!_stops.IsEmpty)
        {
            _stopWanted();
            return;
        }
        if (_vm.Machine.Crash is not null)
        {
            GoOnCrashed();
            return;
        }
        if (actions.Contains(VcpuAction.Step))
            _traps.ExpectSteps();
        ulong kept = 0;
        for (int i = 0; i < actions.Length; i++)
        {
            if (actions[i] == VcpuAction.Stay)
                kept |= 1UL << i;
            _control[i] = actions[i] == VcpuAction.Step ? _step : kvm_guest_debug.KVM_GUESTDBG_ENABLE;
            _traps.Arm(_vm.Vcpus[i], Debug(_control[i]));
        }
        _vm.Machine.ResumeAllBut(kept);
    }

    /// <inheritdoc/>
    public void Interrupt()
    {
        _interrupted = true;
        _stopWanted();
    }

    /// <summary>Holds every vCPU, if something has happened for which they are to be.</summary>
    /// <returns>What happened; null for nothing, or nothing any more.</returns>
    /// <exception cref="VmmException">A vCPU did not answer, or the machine has ended.</exception>
    public StopReason? Stop()
    {
        if (_stops.IsEmpty && !_interrupted && !HasNewCrash)
            return null;
        HoldAll();
        bool interrupted = _interrupted;
        _interrupted = false;
        return TakeStop() ?? TakeCrash() ?? (interrupted ? new StopReason(StopKind.Interrupt, 0) : null);
    }

    /// <summary>Holds every vCPU that is not held, for a debugger that has just come.</summary>
    /// <exception cref="VmmException">A vCPU did not answer, or the machine has ended.</exception>
    public void HoldAll() => _vm.Machine.EnsureHeld();

    /// <summary>The guest's crash, if there is one that the debugger does not know of.</summary>
    public StopReason? TakeCrash()
    {
        if (!HasNewCrash)
            return null;
        _knowsOfCrash = true;
        return new StopReason(StopKind.Crash, _vm.Machine.Crash!.Vcpu);
    }

    /// <summary>Whether every vCPU is held, by whomever.</summary>
    public bool IsHeld => _vm.Machine.State is MachineState.Paused or MachineState.Crashed;

    /// <summary>Whether the machine has ended.</summary>
    public bool IsOver => _vm.Machine.State == MachineState.Ended;

    /// <summary>Takes every breakpoint out and lets the guest go on by itself. Any guest, a running one too.</summary>
    /// <param name="staysHeld">Whether it stays held, by somebody else.</param>
    public void LetGo(bool staysHeld)
    {
        // One that has ended is not held, and nobody runs what it has in memory.
        if (IsOver)
            return;
        HoldAll();
        _software.Clear();
        _hardware.Clear();
        _stops.Clear();
        _interrupted = false;
        for (int i = 0; i < Vcpus; i++)
        {
            _control[i] = 0;
            _traps.Arm(_vm.Vcpus[i], Debug(0));
        }
        _knowsOfCrash = false;
        if (_vm.Machine.Crash is not null)
        {
            if (!_vm.Machine.PreservesCrash)
                _vm.Machine.EndByCrash();
        }
        else if (!staysHeld)
        {
            _vm.Machine.ResumeAllBut(0);
        }
    }

    /// <inheritdoc/>
    void IDebugExits.OnDebugExit(IVcpu vcpu)
    {
        kvm_debug_exit_arch exit = vcpu.Shared->debug;
        var kvm = (KvmVcpu)vcpu;
        if (ReasonFor(kvm, exit) is not { } reason)
        {
            _traps.HandOn(kvm, exit, Debug(_control[vcpu.Number]));
            return;
        }
        Tell(vcpu, reason);
    }

    /// <inheritdoc/>
    bool IDebugExits.IsBreakpoint(IVcpu vcpu)
    {
        if (_support.Trap != BreakpointTrap.PortRead || !BreakpointTrap.IsPortRead(vcpu.Shared->io))
            return false;
        var kvm = (KvmVcpu)vcpu;
        kvm_regs registers = kvm.GetRegisters();
        ulong pointer = ProcessorMode.CodeAddress(Kvm.State.VcpuSaver.General(registers), Kvm.State.VcpuSaver.System(kvm.GetSpecialRegisters()));
        if (BreakFor(kvm, pointer) is not { } reason)
            return false;
        // The read is over for KVM, and the guest is as it was before: on the instruction, which is its own again when the breakpoint goes.
        kvm.CompleteIo();
        kvm.SetRegisters(registers);
        // For who records exits: the completion is none.
        vcpu.Shared->exit_reason = KvmExitReason.KVM_EXIT_IO;
        Tell(vcpu, reason);
        return true;
    }

    private BreakpointResult InsertSoftware(KvmVcpu vcpu, ulong address, ulong length)
    {
        if (_support.Trap is not { } trap)
            return BreakpointResult.Refused;
        if (length != 1)
            return BreakpointResult.Malformed;
        if (!GuestTranslation.TryTranslate(vcpu, _vm.Ram.Memory, address, out GuestAddress physical))
            return BreakpointResult.BadAddress;
        byte[] code = new byte[CodeListing.LongestInstruction];
        Array.Resize(ref code, _memory.Read(vcpu, address, code));
        bool fits = TrapPlace.Fits(trap, Kvm.State.VcpuSaver.General(vcpu.GetRegisters()), Kvm.State.VcpuSaver.System(vcpu.GetSpecialRegisters()),
            GuestTranslation.Walk(vcpu, _vm.Ram.Memory, address), code);
        return fits ? _software.Insert(address, physical) : BreakpointResult.Refused;
    }

    private bool HasNewCrash => !_knowsOfCrash && _vm.Machine.Crash is not null;

    /// <summary>A vCPU that crashed would only do so again. A process would end by such a signal; a guest that is to be preserved is told of once more.</summary>
    private void GoOnCrashed()
    {
        if (_vm.Machine.PreservesCrash)
            _knowsOfCrash = false;
        if (HasNewCrash)
            _stopWanted();
        else
            _vm.Machine.EndByCrash();
    }

    private void Tell(IVcpu vcpu, StopReason reason)
    {
        _stops.Enqueue(reason);
        _vm.Machine.Keep(vcpu);
        _stopWanted();
    }

    /// <summary>The software breakpoint that a vCPU has come to; null when none of ours is there.</summary>
    private StopReason? BreakFor(KvmVcpu vcpu, ulong pointer)
    {
        if (!GuestTranslation.TryTranslate(vcpu, _vm.Ram.Memory, pointer, out GuestAddress physical) || !_software.IsAt(physical))
            return null;
        // A debugger that is told of a breakpoint where it has set none takes it for one that it has just removed, and goes on.
        return new StopReason(_software.IsFor(pointer) ? StopKind.SoftwareBreak : StopKind.Trap, vcpu.Number);
    }

    private StopReason? ReasonFor(KvmVcpu vcpu, in kvm_debug_exit_arch exit)
    {
        if (exit.exception == GuestException.Breakpoint)
            return BreakFor(vcpu, exit.pc);
        if (_hardware.TryFind(exit.dr6, out BreakpointKind kind, out ulong address))
        {
            return new StopReason(kind switch
            {
                BreakpointKind.Hardware => StopKind.HardwareBreak,
                BreakpointKind.Write => StopKind.WriteWatch,
                BreakpointKind.Read => StopKind.ReadWatch,
                _ => StopKind.AccessWatch,
            }, vcpu.Number, address);
        }
        return (_control[vcpu.Number] & kvm_guest_debug.KVM_GUESTDBG_SINGLESTEP) != 0 ? new StopReason(StopKind.Step, vcpu.Number) : null;
    }

    /// <summary>The first of what happened. Watchpoints that others hit at the same moment stay for the next time; the others happen again by themselves.</summary>
    private StopReason? TakeStop()
    {
        StopReason? first = null;
        for (int left = _stops.Count; left > 0 && _stops.TryDequeue(out StopReason stop); left--)
        {
            if (first is null)
                first = stop;
            else if (stop.Kind is StopKind.WriteWatch or StopKind.ReadWatch or StopKind.AccessWatch)
                _stops.Enqueue(stop);
        }
        return first;
    }

    private kvm_guest_debug Debug(uint control)
    {
        kvm_guest_debug argument = new() { control = control };
        // Each only while there is one: without them the guest's own int3 and debug registers cost nothing.
        if (_software.Any && _support.Trap == BreakpointTrap.Int3)
            argument.control |= kvm_guest_debug.KVM_GUESTDBG_USE_SW_BP;
        if (_hardware.Any)
        {
            argument.control |= kvm_guest_debug.KVM_GUESTDBG_USE_HW_BP;
            _hardware.Load(ref argument.arch);
        }
        return argument;
    }
}
