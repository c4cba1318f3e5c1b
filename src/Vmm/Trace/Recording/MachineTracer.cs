using Vmm.Guest.Memory;
using Vmm.Kvm;
using Vmm.Kvm.Abi;
using Vmm.Machine;
using Vmm.Machine.Build;
using Vmm.Machine.Exits;
using Vmm.Trace.Recording.Stepping;

namespace Vmm.Trace.Recording;

/// <summary>Traces one machine: hands each vCPU's exits to its own tracer, and asks the accounting how many there were.</summary>
internal sealed class MachineTracer : IExitTracer
{
    private readonly TraceRecorder _recorder;
    private readonly VcpuTracer[] _vcpus;
    private readonly ExitCounters[] _counters;
    private readonly long[][] _before;
    // Whether a vCPU has begun, and was not accounted yet; with _before, which is its lock.
    private readonly bool[] _open;

    /// <summary>Prepares to trace a machine.</summary>
    /// <param name="recorder">The trace.</param>
    /// <param name="machine">The machine.</param>
    /// <param name="vcpus">Its vCPUs.</param>
    /// <param name="memory">The guest's RAM.</param>
    /// <param name="synced">Whether KVM tells registers with each exit.</param>
    /// <param name="stepper">Who has each instruction be an exit; null for nobody.</param>
    public MachineTracer(TraceRecorder recorder, VirtualMachine machine, IReadOnlyList<KvmVcpu> vcpus, GuestMemory memory, bool synced, MachineStepper? stepper = null)
    {
        _recorder = recorder;
        _vcpus = [.. vcpus.Select((vcpu, i) => new VcpuTracer(
            new VcpuMoment(vcpu, memory, synced), machine.Dispatchers[i].Ports, machine.Dispatchers[i].Memory, recorder.RecordsOf(i), recorder, stepper))];
        _counters = [.. machine.Dispatchers.Select(dispatcher => dispatcher.Counters)];
        _before = [.. _counters.Select(_ => new long[ExitCounters.Reasons])];
        _open = new bool[vcpus.Count];
    }

    /// <summary>Prepares to trace a machine with its devices.</summary>
    /// <exception cref="Host.VmmException">Instructions are wanted, and this host's KVM cannot step.</exception>
    public static MachineTracer Of(TraceRecorder recorder, MicroVm vm) =>
        new(recorder, vm.Machine, vm.Vcpus, vm.Ram.Memory, vm.SyncsRegisters, recorder.Step is { } step ? new MachineStepper(vm, step.From) : null);

    /// <inheritdoc/>
    public void Begin(IVcpu vcpu)
    {
        _vcpus[vcpu.Number].Moment.Ask(on: true);
        Guarded(vcpu, tracer => tracer.Begin((KvmVcpu)vcpu));
        lock (_before[vcpu.Number])
        {
            _open[vcpu.Number] = true;
            for (int reason = 0; reason < ExitCounters.Reasons; reason++)
                _before[vcpu.Number][reason] = Count(vcpu.Number, reason);
        }
    }

    /// <inheritdoc/>
    public void Note(IVcpu vcpu, long inGuest, long handled)
    {
        VcpuTracer tracer = _vcpus[vcpu.Number];
        try
        {
            lock (tracer.Records)
            {
                tracer.Note(vcpu, inGuest, handled);
                if (tracer.Records.IsFull)
                    _recorder.Write(tracer.Records);
            }
        }
        catch (Exception failed)
        {
            // Whatever it is: the guest is not to be disturbed by who watches it.
            _recorder.Stop($"an exit of vCPU {vcpu.Number} could not be recorded: {failed.Message}");
        }
    }

    /// <inheritdoc/>
    public void End(IVcpu vcpu)
    {
        _vcpus[vcpu.Number].Moment.Ask(on: false);
        Guarded(vcpu, tracer => tracer.End((KvmVcpu)vcpu));
        Account(vcpu.Number);
    }

    /// <inheritdoc/>
    public void Close()
    {
        for (int vcpu = 0; vcpu < _vcpus.Length; vcpu++)
            Account(vcpu);
    }

    /// <summary>Whatever goes wrong: the guest is not to be disturbed by who watches it.</summary>
    private void Guarded(IVcpu vcpu, Action<VcpuTracer> act)
    {
        try
        {
            act(_vcpus[vcpu.Number]);
        }
        catch (Exception failed)
        {
            _recorder.Stop($"vCPU {vcpu.Number} could not be stepped: {failed.Message}");
        }
    }

    private void Account(int vcpu)
    {
        lock (_before[vcpu])
        {
            if (!_open[vcpu])
                return;
            _open[vcpu] = false;
            for (int reason = 0; reason < ExitCounters.Reasons && _recorder.Filter.Wants(vcpu); reason++)
            {
                if (Count(vcpu, reason) - _before[vcpu][reason] is var count and > 0)
                    _recorder.Account((KvmExitReason)reason, count);
            }
        }
    }

    private long Count(int vcpu, int reason) => _counters[vcpu].CountOf((KvmExitReason)reason);
}
