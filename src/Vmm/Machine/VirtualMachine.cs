using System.Diagnostics;
using Vmm.Host;
using Vmm.Kvm;
using Vmm.Machine.Exits;

namespace Vmm.Machine;

/// <summary>
/// A running machine: its vCPU threads, and the moves between running, paused and ended. Built by
/// <see cref="MachineBuilder"/>; knows nothing of devices.
/// </summary>
internal sealed class VirtualMachine : IDisposable
{
    /// <summary>How long a pause may take before it counts as failed. A vCPU answers a kick in well under a millisecond.</summary>
    public static readonly TimeSpan PauseTimeout = TimeSpan.FromSeconds(5);

    private readonly MachineLifecycle _lifecycle = new();
    private readonly VcpuGate _gate;
    private readonly IVcpu[] _vcpus;
    private readonly VcpuThread[] _threads;
    private readonly ManualResetEventSlim _ended = new();
    private readonly Stack<IDisposable> _owned = new();
    private MachineOutcome? _outcome;

    /// <summary>Joins vCPUs to a machine.</summary>
    /// <param name="vcpus">Ready to run, and disposed with the machine when disposable.</param>
    /// <param name="dispatchers">One for each vCPU.</param>
    public VirtualMachine(IVcpu[] vcpus, ExitDispatcher[] dispatchers)
    {
        _vcpus = vcpus;
        Dispatchers = dispatchers;
        _gate = new VcpuGate(vcpus.Length);
        _threads = new VcpuThread[vcpus.Length];
        for (int i = 0; i < vcpus.Length; i++)
            _threads[i] = new VcpuThread(vcpus[i], dispatchers[i], _gate, End);
    }

    /// <summary>Where the machine is in its life.</summary>
    public MachineState State => _lifecycle.State;

    /// <summary>The vCPUs' dispatchers, with what they counted.</summary>
    public ExitDispatcher[] Dispatchers { get; }

    /// <summary>Hands over something that must live as long as the machine. Disposed after the vCPUs, last in, first out.</summary>
    public void Own(IDisposable resource) => _owned.Push(resource);

    /// <summary>Starts the vCPU threads.</summary>
    public void Start()
    {
        _lifecycle.MoveTo(MachineState.Running);
        foreach (VcpuThread thread in _threads)
            thread.Start();
    }

    /// <summary>Holds every vCPU outside the guest and returns when the last one is held.</summary>
    /// <returns>How long that took.</returns>
    /// <exception cref="VmmException">The machine is not running, or a vCPU did not answer in <see cref="PauseTimeout"/>.</exception>
    public TimeSpan Pause()
    {
        long start = Stopwatch.GetTimestamp();
        _lifecycle.MoveTo(MachineState.Paused);
        _gate.Close();
        KickAll();
        if (_gate.WaitUntilHeld(PauseTimeout))
            return Stopwatch.GetElapsedTime(start);
        Resume();
        throw new VmmException($"a vCPU did not leave the guest within {PauseTimeout.TotalSeconds:0} s; the machine runs on");
    }

    /// <summary>Lets the vCPUs go on.</summary>
    public void Resume()
    {
        _lifecycle.MoveTo(MachineState.Running);
        _gate.Open();
    }

    /// <summary>Ends the machine. The first outcome counts; later ones are dropped. Any thread, vCPUs and devices included.</summary>
    public void End(MachineOutcome outcome)
    {
        if (!_lifecycle.TryEnd())
            return;
        _outcome = outcome;
        _gate.End();
        KickAll();
        _ended.Set();
    }

    /// <summary>Waits until the machine has ended and every vCPU thread is gone.</summary>
    public MachineOutcome WaitForEnd()
    {
        _ended.Wait();
        foreach (VcpuThread thread in _threads)
            thread.Join();
        return _outcome!;
    }

    /// <summary>Ends the machine if it has not ended, and gives back all it owns.</summary>
    public void Dispose()
    {
        bool ran = State is MachineState.Running or MachineState.Paused || _outcome is not null;
        End(new MachineOutcome(OutcomeKind.Stopped));
        if (ran)
            WaitForEnd();
        foreach (IVcpu vcpu in _vcpus)
            (vcpu as IDisposable)?.Dispose();
        while (_owned.TryPop(out IDisposable? resource))
            resource.Dispose();
        _ended.Dispose();
    }

    private void KickAll()
    {
        foreach (IVcpu vcpu in _vcpus)
            vcpu.Kick();
    }
}
