using Vmm.Host;
using Vmm.Kvm;
using Vmm.Machine.Exits;

namespace Vmm.Machine;

/// <summary>One vCPU's thread: enters the guest, hands each exit to the dispatcher, and passes the gate when kicked.</summary>
internal sealed class VcpuThread
{
    private const int StackSize = 256 << 10;

    private readonly IVcpu _vcpu;
    private readonly ExitDispatcher _dispatcher;
    private readonly VcpuGate _gate;
    private readonly Action<MachineOutcome> _end;
    private readonly Thread _thread;
    private bool _started;

    /// <summary>Prepares the thread; it does not run yet.</summary>
    /// <param name="vcpu">The vCPU.</param>
    /// <param name="dispatcher">This vCPU's own dispatcher.</param>
    /// <param name="gate">Where it holds.</param>
    /// <param name="end">Told when the guest's run is over.</param>
    public VcpuThread(IVcpu vcpu, ExitDispatcher dispatcher, VcpuGate gate, Action<MachineOutcome> end)
    {
        _vcpu = vcpu;
        _dispatcher = dispatcher;
        _gate = gate;
        _end = end;
        _thread = new Thread(Main, StackSize) { Name = $"vcpu{vcpu.Number}", IsBackground = true };
    }

    /// <summary>Starts it.</summary>
    /// <exception cref="VmmException">The host has no thread left.</exception>
    public void Start()
    {
        HostThread.Start(_thread);
        _started = true;
    }

    /// <summary>Waits until it has ended, at most so long; not at all if it was never started.</summary>
    /// <returns>False when it runs still.</returns>
    public bool Join(TimeSpan limit) => !_started || _thread.Join(limit);

    private void Main()
    {
        try
        {
            (_vcpu as KvmVcpu)?.BindToThread();
            Loop();
        }
        catch (Exception fault)
        {
            _end(new MachineOutcome(OutcomeKind.HostFault, Fault: fault));
            _gate.Pass();
        }
    }

    private void Loop()
    {
        // Passed once before the first entry: a close or an end from before BindToThread could not kick us.
        bool go = _gate.Pass();
        while (go)
        {
            switch (_vcpu.Run())
            {
                case VcpuExit.Guest:
                    if (_dispatcher.Dispatch(_vcpu) is { } outcome)
                    {
                        _end(outcome);
                        go = _gate.Pass();
                    }
                    break;
                case VcpuExit.Kicked:
                    _dispatcher.Kicks++;
                    go = _gate.Pass();
                    break;
            }
        }
    }
}
