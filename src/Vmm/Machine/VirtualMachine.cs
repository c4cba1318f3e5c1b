using System.Diagnostics;
using Vmm.Host;
using Vmm.Kvm;
using Vmm.Machine.Exits;

namespace Vmm.Machine;

/// <summary>
/// A running machine: its vCPU threads, and the moves between running, paused and ended. Built by
/// <see cref="Build.MachineBuilder"/>; knows nothing of devices.
/// </summary>
internal sealed partial class VirtualMachine : IDisposable
{
    /// <summary>How long a pause may take before it counts as failed. A vCPU answers a kick in well under a millisecond.</summary>
    public static readonly TimeSpan PauseTimeout = TimeSpan.FromSeconds(5);

    /// <summary>
    /// After a fault of the host's side a vCPU may wait for a device whose thread is gone. The fault has to be told all
    /// the same, and the process ends with it.
    /// </summary>
    private static readonly TimeSpan s_patienceAfterFault = TimeSpan.FromSeconds(1);

    private readonly MachineLifecycle _lifecycle = new();
    private readonly VcpuGate _gate;
    private readonly IVcpu[] _vcpus;
    private readonly VcpuThread[] _threads;
    // Not spinning: the vCPUs want the processors.
    private readonly ManualResetEventSlim _ended = new(initialState: false, spinCount: 0);
    private readonly MachineEnd _end;
    // Pause and resume change both the state and the gate; one of them at a time. An end never waits for them.
    private readonly Lock _moving = new();

    /// <summary>Joins vCPUs to a machine.</summary>
    /// <param name="vcpus">Ready to run, and disposed with the machine when disposable.</param>
    /// <param name="dispatchers">One for each vCPU.</param>
    /// <param name="end">Decides how the run ends.</param>
    /// <param name="pinning">Which of the host's processors each is kept on; null for none.</param>
    public VirtualMachine(IVcpu[] vcpus, ExitDispatcher[] dispatchers, MachineEnd end, VcpuPinning? pinning = null)
    {
        _vcpus = vcpus;
        _end = end;
        end.Decided = OnDecided;
        Dispatchers = dispatchers;
        _gate = new VcpuGate(vcpus.Length);
        _threads = new VcpuThread[vcpus.Length];
        for (int i = 0; i < vcpus.Length; i++)
            _threads[i] = new VcpuThread(vcpus[i], dispatchers[i], _gate, OnOutcome, pinning?.For(i));
    }

    /// <summary>Where the machine is in its life.</summary>
    public MachineState State => _lifecycle.State;

    /// <summary>The vCPUs' dispatchers, with what they counted.</summary>
    public ExitDispatcher[] Dispatchers { get; }

    /// <summary>The vCPUs' threads.</summary>
    public IReadOnlyList<VcpuThread> Threads => _threads;

    /// <summary>Has the vCPU threads come up and wait, so that <see cref="Start"/> only lets them go: the guest may be held for it.</summary>
    /// <exception cref="VmmException">The host has not got that many threads.</exception>
    public void Prepare()
    {
        using Lock.Scope alone = _moving.EnterScope();
        _gate.Close();
        StartThreads();
    }

    /// <summary>Starts the vCPUs.</summary>
    /// <param name="held">Whether they wait at once, as after <see cref="Pause"/>: not an instruction of the guest is run before <see cref="Resume"/>.</param>
    /// <exception cref="VmmException">The machine has ended already, or the host has not got that many threads.</exception>
    public void Start(bool held = false)
    {
        using Lock.Scope alone = _moving.EnterScope();
        _lifecycle.MoveTo(MachineState.Running);
        if (held)
        {
            _lifecycle.MoveTo(MachineState.Paused);
            _gate.Close();
        }
        else
        {
            _gate.Open();
        }
        StartThreads();
    }

    /// <summary>Holds every vCPU outside the guest and returns when the last one is held.</summary>
    /// <returns>How long that took.</returns>
    /// <exception cref="VmmException">The machine is not running, or a vCPU did not answer in <see cref="PauseTimeout"/>.</exception>
    public TimeSpan Pause()
    {
        long start = Stopwatch.GetTimestamp();
        using Lock.Scope alone = _moving.EnterScope();
        _lifecycle.MoveTo(MachineState.Paused);
        _gate.Close();
        KickAll();
        bool held = _gate.WaitUntilHeld(PauseTimeout);
        if (State == MachineState.Crashed)
            throw new VmmException("the guest has crashed meanwhile, and is held");
        if (held)
            return Stopwatch.GetElapsedTime(start);
        // Nothing is asked of the vCPUs: one that waits for memory in the guest would not answer before that comes.
        _lifecycle.MoveTo(MachineState.Running);
        OpenAgain();
        throw new VmmException($"a vCPU did not leave the guest within {PauseTimeout.TotalSeconds:0} s; the machine runs on");
    }

    /// <summary>As <see cref="Pause"/>; nothing happens to a machine that is paused already, or has crashed and stays so.</summary>
    /// <exception cref="VmmException">The machine has not started or has ended, or a vCPU did not answer.</exception>
    public void EnsureHeld()
    {
        using Lock.Scope alone = _moving.EnterScope();
        if (State == MachineState.Crashed)
        {
            // The others are on their way.
            if (!_gate.WaitUntilHeld(PauseTimeout))
                throw new VmmException($"a vCPU did not leave the guest, which has crashed, within {PauseTimeout.TotalSeconds:0} s");
        }
        else if (State != MachineState.Paused)
        {
            Pause();
        }
    }

    /// <summary>Lets the vCPUs go on.</summary>
    public void Resume()
    {
        using Lock.Scope alone = _moving.EnterScope();
        _lifecycle.MoveTo(MachineState.Running);
        // While they are held: the guest's watchdog shall not take the pause for a lock-up.
        foreach (IVcpu vcpu in _vcpus)
            (vcpu as KvmVcpu)?.NotePause();
        _gate.Open();
    }

    /// <summary>Holds every vCPU for a moment, so that a guest gets less done. Not a state of the machine's: it counts as running. Nothing happens to one that is not.</summary>
    /// <param name="wait">Waits, on this thread; called while they are held.</param>
    public void HoldBriefly(Action wait)
    {
        using Lock.Scope alone = _moving.EnterScope();
        if (State != MachineState.Running)
            return;
        _gate.Close();
        KickAll();
        try
        {
            if (_gate.WaitUntilHeld(PauseTimeout))
                wait();
        }
        finally
        {
            OpenAgain();
        }
    }

    /// <summary>Has every exit told, or no longer. When this returns no vCPU tells the tracer before anything.</summary>
    /// <param name="tracer">Who is told; null for nobody.</param>
    /// <exception cref="VmmException">A vCPU did not answer in <see cref="PauseTimeout"/>.</exception>
    public void Trace(IExitTracer? tracer)
    {
        using Lock.Scope alone = _moving.EnterScope();
        IExitTracer? before = _threads[0].Tracer;
        foreach (VcpuThread thread in _threads)
            thread.Tracer = tracer;
        // Those that run come by the gate once; those that are held, or not started yet, do so by themselves.
        if (State != MachineState.Running)
        {
            before?.Close();
            return;
        }
        _gate.Close();
        KickAll();
        bool held = _gate.WaitUntilHeld(PauseTimeout);
        // While they are held: what they do from here on is not in the trace.
        before?.Close();
        OpenAgain();
        if (!held && State == MachineState.Running)
            throw new VmmException($"a vCPU did not leave the guest within {PauseTimeout.TotalSeconds:0} s");
    }

    /// <summary>Sends a non-maskable interrupt to every vCPU. They are held meanwhile: KVM takes it only from a vCPU that is out of the guest, and a halted one would not come by itself.</summary>
    /// <exception cref="VmmException">The machine is not running, or a vCPU did not answer.</exception>
    public void InjectNmi()
    {
        // A debugger that stops the machine meanwhile waits, and does not take this pause for its own.
        using Lock.Scope alone = _moving.EnterScope();
        Pause();
        try
        {
            foreach (IVcpu vcpu in _vcpus)
                (vcpu as KvmVcpu)?.InjectNmi();
        }
        finally
        {
            Resume();
        }
    }

    /// <summary>Keeps a vCPU out of the guest while the others run on, for a debugger. On its own thread, which comes to rest with its next entry.</summary>
    /// <param name="vcpu">Which.</param>
    public void Keep(IVcpu vcpu)
    {
        _gate.Keep(vcpu.Number);
        vcpu.Kick();
    }

    /// <summary>Lets a paused machine go on with a part of its vCPUs, for a debugger; with all of them for 0.</summary>
    /// <param name="kept">A bit for each vCPU that stays where it is.</param>
    public void ResumeAllBut(ulong kept)
    {
        using Lock.Scope alone = _moving.EnterScope();
        if (State == MachineState.Paused)
            _gate.KeepOnly(kept);
        Resume();
    }

    /// <summary>Ends the machine. The first outcome counts; later ones are dropped. One that is stopped after it crashed has crashed. Any thread, vCPUs and devices included.</summary>
    public void End(MachineOutcome outcome) => _end.TrySet(outcome.Kind == OutcomeKind.Stopped && Crash is { } crash ? crash : outcome);

    /// <summary>
    /// Whether a fault of the host's side ended it. Then nothing can be taken apart in good order: requests may be in
    /// flight that nobody completes. The process is about to end, and the kernel takes back what it had.
    /// </summary>
    public bool IsBroken => _end.Outcome?.Kind == OutcomeKind.HostFault;

    /// <summary>Set when the machine has ended; its vCPUs may still be on their way out.</summary>
    public WaitHandle Ending => _ended.WaitHandle;

    /// <summary>Waits until the machine has ended and every vCPU thread is gone, for which a machine that <see cref="IsBroken"/> gets little time.</summary>
    public MachineOutcome WaitForEnd()
    {
        _ended.Wait();
        foreach (VcpuThread thread in _threads)
            thread.Join(IsBroken ? s_patienceAfterFault : Timeout.InfiniteTimeSpan);
        return _end.Outcome!;
    }

    /// <summary>Ends the machine if it has not ended, and lets the vCPUs go.</summary>
    public void Dispose()
    {
        End(new MachineOutcome(OutcomeKind.Stopped));
        WaitForEnd();
        if (IsBroken)
            return;
        foreach (IVcpu vcpu in _vcpus)
            (vcpu as IDisposable)?.Dispose();
        _ended.Dispose();
    }

    private void StartThreads()
    {
        foreach (VcpuThread thread in _threads)
            thread.Start();
    }

    private void OnDecided(MachineOutcome outcome)
    {
        _lifecycle.TryEnd();
        _gate.End();
        KickAll();
        _ended.Set();
    }

    private void KickAll()
    {
        foreach (IVcpu vcpu in _vcpus)
            vcpu.Kick();
    }
}
