using System.Diagnostics;
using Vmm.Consoles;
using Vmm.Host;
using Vmm.Logging;
using Vmm.Machine;
using Vmm.Machine.Build;
using Vmm.Machine.Config;
using Vmm.Migration.Machines;
using Vmm.Snapshot;
using Vmm.Trace;

namespace Vmm.Control;

/// <summary>
/// This process's VM, and everything that can be done to it: the one place that the API, the control socket and the
/// terminal steer. Commands come from any thread and are taken one after the other; <see cref="VmLifecycle"/> says which
/// are possible.
/// </summary>
internal sealed partial class VmControl : IDisposable
{
    private readonly VmmLog _log;
    private readonly MachineLog _life;
    private readonly StopSignals? _signals;
    private readonly ConsoleHub? _hub;
    private readonly Lock _commands = new();
    private MachineConfig? _config;
    private MachineRun? _run;
    private Thread? _thread;
    private MachineOutcome? _outcome;
    private long _bootedAt;
    private volatile bool _endsForGood;

    /// <summary>Begins without a VM.</summary>
    /// <param name="events">Told what happens.</param>
    /// <param name="log">Told what happens, for people; it speaks under the VM's name.</param>
    /// <param name="signals">Told by the terminal's signals; null for a process that has none.</param>
    /// <param name="hub">Where a console goes that would lead to the terminal; null for the terminal itself.</param>
    public VmControl(EventHub events, VmmLog log, StopSignals? signals = null, ConsoleHub? hub = null)
    {
        Events = events;
        _log = log;
        _life = new MachineLog(log.CreateLogger(MachineLog.Category));
        _signals = signals;
        _hub = hub;
    }

    /// <summary>Where the VM's folder is, for sockets that are to lie there; null for a VM without one.</summary>
    public Func<string>? Folder { get; set; }

    /// <summary>The file that events are written to as well; null for none.</summary>
    public string? EventMonitor { get; set; }

    /// <summary>What happens, for who listens.</summary>
    public EventHub Events { get; }

    /// <summary>The VM's description, resolved; null when there is none.</summary>
    public MachineConfig? Config => Volatile.Read(ref _config);

    /// <summary>The boot there is or was last; null before the first.</summary>
    public MachineRun? Run => Volatile.Read(ref _run);

    /// <summary>How the last run of the guest ended; null while it runs, or never ran.</summary>
    public MachineOutcome? Outcome => Volatile.Read(ref _outcome);

    /// <summary>How long ago the guest was booted; zero when it was not.</summary>
    public TimeSpan Uptime => Volatile.Read(ref _bootedAt) is long at and not 0 ? Stopwatch.GetElapsedTime(at) : TimeSpan.Zero;

    /// <summary>Whether there is a machine with a guest in it, running or held.</summary>
    public bool HasGuest => State is VmState.Running or VmState.Paused or VmState.Crashed;

    /// <summary>Where the VM is in its life.</summary>
    public VmState State
    {
        get
        {
            if (Config is null)
                return VmState.None;
            if (Run is not { } run)
                return VmState.Created;
            return run.State switch
            {
                MachineState.Ended => VmState.Shutdown,
                MachineState.Paused => VmState.Paused,
                MachineState.Crashed => VmState.Crashed,
                _ => VmState.Running,
            };
        }
    }

    /// <summary>Describes the VM.</summary>
    /// <param name="config">Resolved.</param>
    public void Create(MachineConfig config)
    {
        lock (_commands)
        {
            Check(VmCommand.Create);
            _config = config;
            Events.Machine = config.Name;
            Events.Publish("vm", "created");
            _log.Machine = config.Name;
            _life.Created();
        }
    }

    /// <summary>Starts the guest on a thread of its own, and returns when it runs.</summary>
    /// <param name="origin">Where it comes from; null for power-on.</param>
    /// <exception cref="VmmException">It cannot be built, and the VM stays as it was; or its run was ended before it began.</exception>
    public void Boot(IMachineOrigin? origin = null)
    {
        lock (_commands)
        {
            MachineRun run = PrepareBoot(origin);
            TaskCompletionSource<Exception?> decided = new(TaskCreationOptions.RunContinuationsAsynchronously);
            Thread thread = new(() =>
            {
                Main(run, () => decided.TrySetResult(null), refused => decided.TrySetResult(refused));
                decided.TrySetResult(new VmmException("the guest's run was ended before it began"));
            }, maxStackSize: 1 << 20)
            {
                Name = "machine",
                IsBackground = true,
            };
            HostThread.Start(thread);
            if (decided.Task.GetAwaiter().GetResult() is { } refused)
            {
                thread.Join();
                throw refused;
            }
            _thread = thread;
        }
    }

    /// <summary>Starts the guest and stays with it on the calling thread until its run is over.</summary>
    /// <param name="started">Called when the guest runs.</param>
    /// <param name="origin">Where it comes from; null for power-on.</param>
    /// <param name="paused">Whether its vCPUs are held before their first instruction.</param>
    /// <exception cref="VmmException">It cannot be built.</exception>
    public MachineOutcome BootHere(Action? started = null, IMachineOrigin? origin = null, bool paused = false)
    {
        MachineRun run;
        lock (_commands)
            run = PrepareBoot(origin, paused);
        Exception? refused = null;
        Main(run, started ?? (static () => { }), fault => refused = fault);
        return refused is null ? Outcome! : throw refused;
    }

    /// <summary>Holds every vCPU outside the guest.</summary>
    /// <returns>How long it took until the last one was held.</returns>
    public TimeSpan Pause() => OnMachine(VmCommand.Pause, vm =>
    {
        Events.Publish("vm", "pausing");
        TimeSpan took = vm.Machine.Pause();
        Events.Publish("vm", "paused");
        _life.Paused(took.TotalMilliseconds);
        return took;
    });

    /// <summary>Lets the vCPUs go on.</summary>
    /// <param name="force">Also a guest that a migration may have brought elsewhere.</param>
    public void Resume(bool force = false)
    {
        lock (_commands)
        {
            if (State == VmState.Paused && _withoutDisks is { } waiting && _migration is null)
                TakeDisksAgain(waiting);
            else if (force && State == VmState.Paused && _handedOver is { RunsThere: false, Guest: { } guest } && _migration is null)
                TakeUndecidedBack(guest);
            else
                OnMachine(VmCommand.Resume, Resume);
        }
    }

    private bool Resume(MicroVm vm)
    {
        Events.Publish("vm", "resuming");
        Run!.AwaitNoDebugger();
        vm.Machine.Resume();
        Events.Publish("vm", "resumed");
        _life.Resumed();
        return true;
    }

    /// <summary>Presses the power button. A guest without ACPI does not notice.</summary>
    public void PowerButton() => OnMachine(VmCommand.PowerButton, vm =>
    {
        Events.Publish("vm", "power-button");
        vm.Platform.Power.PressPowerButton();
        _life.PowerButton();
        return true;
    });

    /// <summary>Sends a non-maskable interrupt to every vCPU.</summary>
    public void Nmi() => OnMachine(VmCommand.Nmi, vm =>
    {
        Events.Publish("vm", "nmi");
        vm.Machine.InjectNmi();
        _life.Nmi();
        return true;
    });

    /// <summary>Starts the guest again, as a reset by the guest itself does.</summary>
    public void Reboot()
    {
        lock (_commands)
        {
            Check(VmCommand.Reboot);
            Run!.Reboot();
        }
    }

    /// <summary>Ends the guest's run at once, and returns when everything is given back.</summary>
    public void Shutdown()
    {
        lock (_commands)
        {
            Check(VmCommand.Shutdown);
            End();
        }
    }

    /// <summary>Forgets the VM, ending its guest first.</summary>
    public void Delete()
    {
        lock (_commands)
        {
            Check(VmCommand.Delete);
            End();
            _run = null;
            _outcome = null;
            _config = null;
            Events.Publish("vm", "deleted");
            _life.Deleted();
        }
    }

    /// <summary>Asks the guest's run to end, whatever is being done, and also one that is yet to begin; does not wait. For signals and the terminal's keys.</summary>
    public void Stop()
    {
        _endsForGood = true;
        Interlocked.MemoryBarrier();
        // In this order: a migration that is given up asks whether the guest's run is over.
        Run?.Stop();
        Volatile.Read(ref _migration)?.Cancel();
    }

    /// <summary>Changes what a device may do in a time, at once and for later boots of this VM.</summary>
    /// <param name="device">Its id.</param>
    /// <param name="limit">The limit; null lifts it.</param>
    /// <exception cref="VmmException">There is no such device, or the limit is none.</exception>
    public void Limit(string device, RateConfig? limit)
    {
        lock (_commands)
        {
            MachineConfig config = _config ?? throw new VmmException("there is no VM whose devices could be limited");
            CheckMigration(State, VmCommand.Resize);
            MachineConfig limited = DeviceLimits.Change(config, device, limit);
            if (HasGuest)
            {
                Run!.With(vm =>
                {
                    DeviceLimits.Apply(vm, device, limit);
                    Reconfigure(limited);
                    return true;
                });
            }
            else
            {
                Reconfigure(limited);
            }
            Events.Publish("vm", "limited", ("device", device), ("limit", limit?.ToString() ?? "off"));
        }
    }

    /// <summary>Changes the name under which the VM speaks.</summary>
    public void Rename(string name)
    {
        lock (_commands)
        {
            if (_config is not null)
                _config = _config with { Name = name };
            Events.Publish("vm", "renamed", ("to", name));
            Events.Machine = name;
            _life.Renamed(_log.Machine, name);
            _log.Machine = name;
        }
    }

    /// <summary>Ends the guest's run, if there is one.</summary>
    public void Dispose()
    {
        lock (_commands)
            End();
    }

    private MachineRun PrepareBoot(IMachineOrigin? origin, bool paused = false)
    {
        Check(VmCommand.Boot);
        // The run before is over, but may be giving its last things back.
        Join();
        HostFiles.Check(_config!, EventMonitor, arrives: origin is { DisksAreHeldElsewhere: true });
        Events.Publish("vm", "booting");
        if (origin is MigrationOrigin arriving)
            Announce(arriving);
        MachineRun run = new(_config!, _signals, _log, Events, _hub, Folder?.Invoke()) { NetLost = (index, why) => OnLink(index, NetLink.Down, why), Origin = origin, StartsPaused = paused, IsOurs = IsOurs, CrashHeld = CrashHeld };
        if (BootTrace is not null)
            run.Trace(_trace = BootTrace.Begin(HeaderOf(new ExitFilter(), fromStart: true), trace => OnBootTraceOver(run, trace)));
        return Announced(run);
    }

    private void Main(MachineRun run, Action onStarted, Action<Exception> onRefused)
    {
        MachineRun? before = _run;
        bool runs = false;
        long ordered = Stopwatch.GetTimestamp();
        try
        {
            Volatile.Write(ref _outcome, null);
            Volatile.Write(ref _run, run);
            Interlocked.MemoryBarrier();
            if (_endsForGood)
                run.Stop();
            MachineOutcome outcome = run.RunToEnd(() =>
            {
                runs = true;
                Volatile.Write(ref _bootedAt, Stopwatch.GetTimestamp());
                Events.Publish("vm", "booted");
                if (run.Origin is SnapshotOrigin snapshot)
                    Events.Publish("vm", "restored", ("path", snapshot.Path), ("id", snapshot.Id.ToString()));
                _life.Started(_config!.Cpus.Count ?? 1, _config.Memory.Size.ToString(), Stopwatch.GetElapsedTime(ordered).TotalMilliseconds);
                onStarted();
            });
            run.Dispose();
            Volatile.Write(ref _outcome, outcome);
            OnEnded(outcome);
        }
        catch (Exception fault) when (!runs)
        {
            run.Dispose();
            Volatile.Write(ref _run, before);
            _life.StartFailed(fault);
            Events.Publish("vm", "boot-failed", ("reason", fault.Message));
            onRefused(fault);
        }
        catch (Exception fault)
        {
            run.Dispose();
            MachineOutcome outcome = new(OutcomeKind.HostFault, Fault: fault);
            Volatile.Write(ref _outcome, outcome);
            OnEnded(outcome);
        }
    }

    private void OnEnded(MachineOutcome outcome)
    {
        Events.Publish("vm", "shutdown", ("outcome", outcome.Kind.ToString()));
        if (outcome.Fault is { } fault)
            _life.HostFault(fault);
        _life.Ended(outcome.Kind, Uptime.TotalMilliseconds);
    }

    private void Check(VmCommand command)
    {
        VmState state = State;
        if (VmLifecycle.Next(state, command) is null)
            _life.Refused(command, state);
        VmLifecycle.Check(state, command);
        CheckMigration(state, command);
    }

    private T OnMachine<T>(VmCommand command, Func<MicroVm, T> act)
    {
        lock (_commands)
        {
            Check(command);
            return Run!.With(vm => Undebugged(command, vm, act));
        }
    }

    private void End()
    {
        _handedOver?.Guest.Dispose();
        _handedOver = null;
        _withoutDisks?.Dispose();
        _withoutDisks = null;
        Run?.Stop();
        Join();
    }

    private void Join()
    {
        if (_thread is { } thread && thread != Thread.CurrentThread)
            thread.Join();
        _thread = null;
    }
}
