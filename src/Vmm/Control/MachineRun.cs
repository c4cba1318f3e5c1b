using System.Diagnostics;
using Vmm.Consoles;
using Vmm.Devices.Virtio.Console;
using Vmm.Devices.Virtio.Net;
using Vmm.Gdb;
using Vmm.Host;
using Vmm.Logging;
using Vmm.Machine;
using Vmm.Machine.Build;
using Vmm.Machine.Config;
using Vmm.Metrics;
using Vmm.Ports;
using Vmm.Trace.Recording;
using Vmm.Vsock;

namespace Vmm.Control;

/// <summary>
/// One boot of a machine, through the resets of its guest until it is over. A reset builds a new machine from the same
/// configuration while the consoles stay open.
/// </summary>
internal sealed partial class MachineRun : IDisposable
{
    /// <summary>A guest that crashed sooner would only crash again: its registers help more than a loop.</summary>
    private static readonly TimeSpan s_shortestRun = TimeSpan.FromSeconds(1);

    /// <summary>How long a command waits for a machine that is just being built anew.</summary>
    private static readonly TimeSpan s_rebuildPatience = TimeSpan.FromSeconds(10);

    private MachineConfig _config;
    private readonly HostConsole _console;
    private readonly VsockListener? _vsock;
    private readonly HostPorts? _ports;
    private readonly GdbServer? _gdb;
    private readonly StopSignals? _signals;
    private readonly MachineConsoles _sinks;
    private readonly VmmLog _log;
    private readonly DeviceLog _devices;
    private readonly MachineLog _life;
    private readonly EventHub _events;
    private readonly MetricsTotals _totals = new();
    private readonly long _created = Stopwatch.GetTimestamp();
    private readonly object _lock = new();
    // Taken within _lock, or alone by Stop: an end never waits for a command that is under way.
    private readonly Lock _ending = new();
    private MicroVm? _current;
    private TraceRecorder? _trace;
    private bool _stopAsked;
    private bool _rebootAsked;
    private bool _over;
    private int _borrowed;
    // A reset by the guest makes no copy of it.
    private Guid? _generation;
    private IMachineOrigin? _neverStarted;
    private long _pastExits;

    /// <summary>Opens what the machine's consoles lead to; nothing else yet.</summary>
    /// <param name="config">Resolved.</param>
    /// <param name="signals">Told by the terminal's signals; null for a process that has none.</param>
    /// <param name="log">Told what happens to the guest and its devices.</param>
    /// <param name="events">Told what happens.</param>
    /// <param name="hub">Where a console goes that would lead to the terminal; null for the terminal itself.</param>
    /// <param name="folder">The VM's folder, for the sockets of ports that have no path of their own; null for a VM without one.</param>
    public MachineRun(MachineConfig config, StopSignals? signals, VmmLog log, EventHub events, ConsoleHub? hub = null, string? folder = null)
    {
        _config = config;
        _signals = signals;
        _log = log;
        _devices = new DeviceLog(log.CreateLogger(DeviceLog.Category));
        _life = new MachineLog(log.CreateLogger(MachineLog.Category));
        _events = events;
        _vsock = VsockListener.Of(config);
        try
        {
            _ports = config.Port.Count == 0 ? null : new HostPorts(config.Port, folder, OnHostFault);
            _gdb = config.Gdb is null ? null : new GdbServer(GdbAddress.Parse(config.Gdb), new GuestKeeper(this));
            _console = new HostConsole(config, Stop, hub);
        }
        catch
        {
            _gdb?.Dispose();
            _ports?.Dispose();
            _vsock?.Dispose();
            throw;
        }
        bool hasVirtio = config.VirtioConsole!.Kind != ConsoleKind.Off;
        // The debug console has no line of its own: what comes there is for whoever watches the serial line.
        _sinks = new MachineConsoles(_console.Serial, hasVirtio ? _console.Virtio : null, _console.Serial) { Ports = _ports };
    }

    /// <summary>Where the first start comes from; null for power-on.</summary>
    public IMachineOrigin? Origin { get; init; }

    /// <summary>Whether the vCPUs are held at the first start, before their first instruction.</summary>
    public bool StartsPaused { get; init; }

    /// <summary>Told that what a network device had behind it is gone: its place, and why. Comes on an event thread.</summary>
    public Action<int, string>? NetLost { get; init; }

    /// <summary>Told of a crash for which the guest is held. Comes on a vCPU's thread.</summary>
    public Action<MachineOutcome>? CrashHeld { get; init; }

    /// <summary>Exits to user space so far, those of the start that runs now included.</summary>
    public long Exits
    {
        get
        {
            lock (_ending)
                return _pastExits + (_current is { } vm ? Count(vm) : 0);
        }
    }

    /// <summary>Bytes that the guest printed and nobody took.</summary>
    public long ConsoleBytesDropped => _console.Dropped;

    /// <summary>Why they could not be written; null when they could have been, but nobody took them in time.</summary>
    public Errno? ConsoleRefusal => _console.Refusal;

    /// <summary>How often the guest was started again.</summary>
    public int Resets { get; private set; }

    /// <summary>Where the vCPUs are: running while the machine is being built, too. Waits for no command that is under way.</summary>
    public MachineState State =>
        Volatile.Read(ref _over) ? MachineState.Ended
        : Volatile.Read(ref _current)?.Machine.State is { } state and (MachineState.Paused or MachineState.Crashed) ? state : MachineState.Running;

    /// <summary>Whether the guest is on its way here by migration, and has not started here.</summary>
    public bool IsArriving => Origin is { DisksAreHeldElsewhere: true } && Resets == 0 && Volatile.Read(ref _current) is null && !Volatile.Read(ref _over);

    /// <summary>Runs the machine on the calling thread until it is over.</summary>
    /// <param name="started">Called once, when the guest runs for the first time.</param>
    /// <exception cref="VmmException">It cannot be built.</exception>
    public MachineOutcome RunToEnd(Action? started = null)
    {
        try
        {
            using CgroupPlacement? placement = CgroupPlacement.Enter(_config);
            DeferredClose.IsAllowed = placement is null;
            for (IMachineOrigin? origin = Origin; ; origin = null)
            {
                using MicroVm vm = MachineBuilder.Build(Volatile.Read(ref _config), _sinks, _devices, new() { NetLost = NetLost, Vsock = _vsock, Generation = _generation }, origin);
                _console.Attach(new SerialConsole(vm.Platform.Serial), vm.Device<VirtioConsole>() is { } hvc ? new VirtioConsoleInput(hvc) : null);
                if (started is not null)
                    _console.Start(origin is null ? GuestStart.Begins : origin.DisksAreHeldElsewhere ? GuestStart.Arrives : GuestStart.GoesOn, _signals);
                long start = Stopwatch.GetTimestamp();
                MachineOutcome outcome;
                try
                {
                    outcome = RunOnce(vm, started, origin, held: (StartsPaused || origin is { StartsPaused: true }) && Resets == 0);
                }
                finally
                {
                    // Before the devices are taken apart: the pump must not find them half gone.
                    _gdb?.Leave();
                    _console.Detach();
                    _ports?.Detach();
                }
                started = null;
                if (!StartsAgain(outcome, Stopwatch.GetElapsedTime(start)))
                {
                    _gdb?.End(outcome);
                    return outcome;
                }
                Resets++;
                _events.Publish("vm", "rebooting");
                _life.Rebooting(outcome.Kind);
            }
        }
        finally
        {
            // Its machine is gone, and has given back what its source wants again.
            _neverStarted?.NeverStarts();
            lock (_lock)
            {
                _over = true;
                Monitor.PulseAll(_lock);
            }
        }
    }

    /// <summary>Ends the machine, whichever start of its guest runs; on any thread.</summary>
    public void Stop()
    {
        lock (_ending)
        {
            _stopAsked = true;
            Origin?.GiveUp();
            _current?.Machine.End(new MachineOutcome(OutcomeKind.Stopped));
        }
    }

    /// <summary>Changes the description that the next start of the guest is built from. Within <see cref="With"/>, what goes with a change of the machine.</summary>
    public void Reconfigure(MachineConfig config) => Volatile.Write(ref _config, config);

    /// <summary>The generation ID of the guest as it runs now, also while it is being started again; null when it does not.</summary>
    public Guid? GenerationId
    {
        get
        {
            if (State == MachineState.Ended)
                return null;
            lock (_ending)
                return _current?.Platform.Generation.Value ?? _generation;
        }
    }

    /// <summary>The network cards' addresses, in the order of the description, as the guest has them; null while it does not run.</summary>
    public IReadOnlyList<EthernetAddress>? NetAddresses
    {
        get
        {
            lock (_ending)
                return _current is { } vm ? [.. vm.Networks.Select(net => net.Address)] : null;
        }
    }

    /// <summary>Starts the guest again, whatever <c>--reboot</c> says of resets by the guest itself.</summary>
    public void Reboot() => With(vm =>
    {
        _rebootAsked = true;
        vm.Machine.End(new MachineOutcome(OutcomeKind.Reset));
        return true;
    });

    /// <summary>Does something with the machine as it is now; with the next one while the guest is being started again. It is not taken apart meanwhile.</summary>
    /// <exception cref="VmmException">The guest's run is over.</exception>
    public T With<T>(Func<MicroVm, T> act)
    {
        lock (_lock)
        {
            long deadline = Environment.TickCount64 + (long)s_rebuildPatience.TotalMilliseconds;
            while (_current is not { Machine.State: not MachineState.Ended } && !_over)
            {
                long left = deadline - Environment.TickCount64;
                if (left <= 0 || !Monitor.Wait(_lock, (int)left))
                    throw new VmmException("the machine is being started and does not answer yet; try again");
            }
            return _current is { } vm ? act(vm) : throw new VmmException("the guest's run is over");
        }
    }

    /// <summary>Has the machine as it is now for longer, without keeping others from it. It may end meanwhile, but is not taken apart.</summary>
    /// <exception cref="VmmException">The guest's run is over.</exception>
    public BorrowedMachine Borrow() => With(vm =>
    {
        if (_debugged)
            throw new VmmException(DebuggerInTheWay);
        _borrowed++;
        return new BorrowedMachine(vm, GiveBack);
    });

    /// <summary>Has every exit recorded, of this start of the guest and of later ones, or no longer.</summary>
    /// <param name="recorder">The trace; null for none any more.</param>
    public void Trace(TraceRecorder? recorder)
    {
        lock (_lock)
        {
            _trace = recorder;
            if (_current is { } vm)
                vm.Machine.Trace(recorder is null ? null : MachineTracer.Of(recorder, vm));
        }
    }

    /// <summary>What the machine has done so far, all starts of its guest together; also when its run is over.</summary>
    public MachineMetrics ReadMetrics()
    {
        // Within the lock: the machine is not taken apart meanwhile, and counts either as running or as ended.
        lock (_lock)
            return _totals.Snapshot(_current, Stopwatch.GetElapsedTime(_created), Resets, ConsoleBytesDropped, _log.Counters) with { Ports = _ports?.Metrics ?? [] };
    }

    /// <summary>Writes out the guest's last words, gives the terminal back and removes sockets.</summary>
    public void Dispose()
    {
        _gdb?.Dispose();
        _console.Dispose();
        _ports?.Dispose();
        _vsock?.Dispose();
    }

    private void GiveBack()
    {
        lock (_lock)
        {
            _borrowed--;
            Monitor.PulseAll(_lock);
        }
    }

    private void OnHostFault(Exception fault)
    {
        lock (_ending)
            _current?.Machine.End(new MachineOutcome(OutcomeKind.HostFault, Fault: fault));
    }

    private void OnCrashHeld(MachineOutcome crash)
    {
        _events.Publish("vm", "crashed", ("outcome", crash.Kind.ToString()), ("vcpu", $"{crash.Vcpu}"));
        _life.CrashedAndHeld(crash.Kind, crash.Vcpu);
        CrashHeld?.Invoke(crash);
        _gdb?.Crashed();
    }

    private MachineOutcome RunOnce(MicroVm vm, Action? started, IMachineOrigin? origin, bool held)
    {
        lock (_lock)
        {
            held |= _gdb?.Attach(vm, held) == true;
            lock (_ending)
            {
                if (_stopAsked)
                {
                    _neverStarted = origin;
                    return new MachineOutcome(OutcomeKind.Stopped);
                }
                _rebootAsked = false;
                vm.Machine.CrashWanted = () => _debugged;
                vm.Machine.Crashed = OnCrashHeld;
                _current = vm;
                if (_trace is not null)
                    vm.Machine.Trace(MachineTracer.Of(_trace, vm));
                // Within the lock: a machine that a signal ended first could not be started.
                vm.Machine.Start(held);
            }
            Monitor.PulseAll(_lock);
        }
        _gdb?.Started();
        origin?.Started();
        started?.Invoke();
        if (started is null)
        {
            _events.Publish("vm", "rebooted");
            _life.Rebooted(Resets);
        }
        MachineOutcome outcome = vm.Machine.WaitForEnd();
        origin?.Ended();
        lock (_lock)
        {
            // Who has borrowed it notices the end.
            while (_borrowed > 0)
                Monitor.Wait(_lock);
            _totals.Add(vm);
            lock (_ending)
            {
                _pastExits += Count(vm);
                _generation = vm.Platform.Generation.Value;
                _current = null;
            }
        }
        return outcome;
    }

    private static long Count(MicroVm vm) => vm.Machine.Dispatchers.Sum(dispatcher => dispatcher.Counters.Exits);

    private bool StartsAgain(MachineOutcome outcome, TimeSpan ran)
    {
        if (_stopAsked)
            return false;
        if (outcome.Kind == OutcomeKind.Reset && _rebootAsked)
            return true;
        if (_config.Reboot != RebootPolicy.Reset)
            return false;
        if (outcome.Kind == OutcomeKind.TripleFault && ran < s_shortestRun)
            return false;
        if (outcome.Kind == OutcomeKind.TripleFault)
            _life.CrashedAndRestarts();
        return outcome.Kind is OutcomeKind.Reset or OutcomeKind.TripleFault;
    }
}
