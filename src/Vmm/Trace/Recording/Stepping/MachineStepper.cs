using Vmm.Gdb.Breakpoints;
using Vmm.Host;
using Vmm.Kvm;
using Vmm.Kvm.Abi;
using Vmm.Machine.Build;
using Vmm.Machine.Exits;

namespace Vmm.Trace.Recording.Stepping;

/// <summary>
/// Has each vCPU leave the guest after each instruction (KVM_GUESTDBG_SINGLESTEP), at once or from an address on. Interrupts wait
/// meanwhile, where KVM can have them wait. What the processor runs with its trap flag cleared, as it does from SYSCALL or an
/// exception on, is not stepped, until it returns.
/// </summary>
internal sealed unsafe class MachineStepper : IDebugExits
{
    private readonly ulong? _from;
    private readonly bool _breaks;
    private readonly uint _step;
    private readonly DebugTraps _traps = new();
    private readonly DebugRegisters _breakpoint = new();
    // Each its own vCPU's, on that vCPU's thread.
    private readonly StepState[] _states;

    /// <summary>Prepares to step; tells the vCPUs nothing yet.</summary>
    /// <param name="vm">The machine.</param>
    /// <param name="from">The linear address from which on; null for at once.</param>
    /// <exception cref="VmmException">This host's KVM cannot.</exception>
    public MachineStepper(MicroVm vm, ulong? from)
    {
        if (vm.Kvm.Check(KvmCapability.KVM_CAP_SET_GUEST_DEBUG) == 0)
            throw new VmmException("--step: this host's KVM cannot step a guest (KVM_CAP_SET_GUEST_DEBUG); leave the option out");
        _from = from;
        // Without them it is stepped to that address, too.
        _breaks = from is not null && DebugSupport.Here.Hardware;
        if (_breaks)
            _breakpoint.Insert(BreakpointKind.Hardware, from!.Value, 1);
        _step = SingleStep.Control(vm.Kvm);
        _states = new StepState[vm.Vcpus.Count];
        _traps.ExpectSteps();
        foreach (ExitDispatcher dispatcher in vm.Machine.Dispatchers)
            dispatcher.Debugger = this;
    }

    /// <summary>Steps a vCPU from its next entry on. On its thread.</summary>
    /// <exception cref="HostException">KVM refuses.</exception>
    public void Begin(KvmVcpu vcpu)
    {
        _states[vcpu.Number] = _from is null ? StepState.Stepping : StepState.Waiting;
        _traps.Arm(vcpu, _breaks ? Breakpoint() : Stepping());
    }

    /// <summary>Whether the step that a vCPU has just made is one that is wanted. On its thread.</summary>
    /// <param name="vcpu">Which.</param>
    /// <param name="at">Where its instruction was, as a linear address.</param>
    public bool Wants(IVcpu vcpu, ulong at)
    {
        if (_states[vcpu.Number] == StepState.Waiting && !_breaks && at == _from)
            _states[vcpu.Number] = StepState.Stepping;
        return HasBegun(vcpu);
    }

    /// <summary>Whether a vCPU has come to where it is stepped from. On its thread.</summary>
    public bool HasBegun(IVcpu vcpu) => _states[vcpu.Number] == StepState.Stepping;

    /// <summary>Steps a vCPU no more, or not at all. On its thread.</summary>
    /// <exception cref="HostException">KVM refuses.</exception>
    public void End(KvmVcpu vcpu)
    {
        _states[vcpu.Number] = StepState.Over;
        _traps.Arm(vcpu, default);
    }

    /// <inheritdoc/>
    public void OnDebugExit(IVcpu vcpu)
    {
        var kvm = (KvmVcpu)vcpu;
        kvm_debug_exit_arch exit = vcpu.Shared->debug;
        switch (_states[vcpu.Number])
        {
            case StepState.Waiting when _breaks && _breakpoint.TryFind(exit.dr6, out _, out _):
                // It is there: what follows is a step. The exit itself is none, and no instruction was run.
                _states[vcpu.Number] = StepState.Arrived;
                _traps.Arm(kvm, Stepping());
                break;
            case StepState.Waiting when _breaks:
                _traps.HandOn(kvm, exit, Breakpoint());
                break;
            case StepState.Arrived:
                _states[vcpu.Number] = StepState.Stepping;
                _traps.Arm(kvm, Stepping());
                break;
            case StepState.Waiting or StepState.Stepping:
                // Anew each time: an instruction that KVM emulates takes the trap flag away.
                _traps.Arm(kvm, Stepping());
                break;
            default:
                _traps.HandOn(kvm, exit, default);
                break;
        }
    }

    private kvm_guest_debug Stepping() => new() { control = _step };

    private kvm_guest_debug Breakpoint()
    {
        kvm_guest_debug debug = new() { control = kvm_guest_debug.KVM_GUESTDBG_ENABLE | kvm_guest_debug.KVM_GUESTDBG_USE_HW_BP };
        _breakpoint.Load(ref debug.arch);
        return debug;
    }
}
