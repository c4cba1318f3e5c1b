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
    private readonly IReadOnlyList<int>? _processors;
    private readonly Thread _thread;
    private bool _started;
    private int _id;
    private volatile ThreadTimes? _last;
    private volatile IExitTracer? _tracer;

    /// <summary>Prepares the thread; it does not run yet.</summary>
    /// <param name="vcpu">The vCPU.</param>
    /// <param name="dispatcher">This vCPU's own dispatcher.</param>
    /// <param name="gate">Where it holds.</param>
    /// <param name="end">Told when the guest's run is over.</param>
    /// <param name="processors">The host's processors that it is kept on; null for no such limit.</param>
    public VcpuThread(IVcpu vcpu, ExitDispatcher dispatcher, VcpuGate gate, Action<MachineOutcome> end, IReadOnlyList<int>? processors = null)
    {
        _processors = processors;
        _vcpu = vcpu;
        _dispatcher = dispatcher;
        _gate = gate;
        _end = end;
        _thread = new Thread(Main, StackSize) { Name = $"vcpu{vcpu.Number}", IsBackground = true };
    }

    /// <summary>Starts it, unless it was started before.</summary>
    /// <exception cref="VmmException">The host has no thread left.</exception>
    public void Start()
    {
        if (_started)
            return;
        HostThread.Start(_thread);
        _started = true;
    }

    /// <summary>Waits until it has ended, at most so long; not at all if it was never started.</summary>
    /// <returns>False when it runs still.</returns>
    public bool Join(TimeSpan limit) => !_started || _thread.Join(limit);

    /// <summary>The thread's number at the kernel; 0 before it has come up.</summary>
    public int Id => Volatile.Read(ref _id);

    /// <summary>Who is told of every exit; null for nobody. Looked at when the vCPU passes its gate, so that exits that nobody traces cost nothing more.</summary>
    public IExitTracer? Tracer
    {
        get => _tracer;
        set => _tracer = value;
    }

    /// <summary>Where its time went so far; once it has ended, in all.</summary>
    public ThreadTimes Times()
    {
        if (_last is { } last)
            return last;
        int id = Id;
        ThreadTimes now = id == 0 ? ThreadTimes.None : ThreadTimes.Read(Environment.ProcessId, id);
        // It may have ended meanwhile, and somebody else be called by that number.
        return _last ?? now;
    }

    private void Main()
    {
        Volatile.Write(ref _id, Linux.gettid());
        try
        {
            if (_processors is not null)
                HostProcessors.KeepThisThreadOn(_processors);
            (_vcpu as KvmVcpu)?.BindToThread();
            Loop();
        }
        catch (Exception fault)
        {
            _end(new MachineOutcome(OutcomeKind.HostFault, Fault: fault));
            _gate.Pass(_vcpu.Number);
        }
        _dispatcher.Counters.LeaveGuest();
        // Afterwards nobody can ask the kernel any more.
        _last = ThreadTimes.Read(Environment.ProcessId, Id);
    }

    private void Loop()
    {
        ExitCounters counters = _dispatcher.Counters;
        // Passed once before the first entry: a close or an end from before BindToThread could not kick us.
        bool go = _gate.Pass(_vcpu.Number);
        counters.EnterGuest();
        go = go && LoopTraced();
        while (go)
        {
            switch (_vcpu.Run())
            {
                case VcpuExit.Guest:
                    if (_dispatcher.Dispatch(_vcpu) is { } outcome)
                    {
                        counters.LeaveGuest();
                        _end(outcome);
                        go = _gate.Pass(_vcpu.Number);
                        counters.EnterGuest();
                    }
                    break;
                case VcpuExit.Kicked:
                    // What the gate takes is neither the guest's time nor ours.
                    counters.LeaveGuest();
                    counters.NoteKick();
                    go = _gate.Pass(_vcpu.Number);
                    counters.EnterGuest();
                    go = go && LoopTraced();
                    break;
            }
        }
    }

    /// <summary>The same, and each exit is told to the tracer, for as long as there is one.</summary>
    /// <returns>Whether the vCPU goes on.</returns>
    private bool LoopTraced()
    {
        while (_tracer is { } tracer)
        {
            tracer.Begin(_vcpu);
            bool go = LoopTraced(tracer);
            tracer.End(_vcpu);
            if (!go)
                return false;
        }
        return true;
    }

    private bool LoopTraced(IExitTracer tracer)
    {
        ExitCounters counters = _dispatcher.Counters;
        while (true)
        {
            long ran = counters.RunTime;
            switch (_vcpu.Run())
            {
                case VcpuExit.Guest:
                    long handled = counters.HandlerTime;
                    MachineOutcome? outcome = _dispatcher.Dispatch(_vcpu);
                    counters.LeaveGuest();
                    tracer.Note(_vcpu, counters.RunTime - ran, counters.HandlerTime - handled);
                    if (outcome is not null)
                    {
                        _end(outcome);
                        if (!_gate.Pass(_vcpu.Number))
                            return false;
                    }
                    counters.EnterGuest();
                    break;
                case VcpuExit.Kicked:
                    counters.LeaveGuest();
                    counters.NoteKick();
                    bool go = _gate.Pass(_vcpu.Number);
                    counters.EnterGuest();
                    if (!go || !ReferenceEquals(_tracer, tracer))
                        return go;
                    break;
            }
        }
    }
}
