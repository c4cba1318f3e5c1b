using Vmm.Gdb.Protocol;
using Vmm.Host;
using Vmm.Machine;
using Vmm.Machine.Build;

namespace Vmm.Gdb;

/// <summary>
/// Where a debugger attaches to a guest, one at a time, through all of the guest's starts. Whoever connects holds the guest; whoever
/// leaves, in order or not, lets it go on without breakpoints. A guest that its user had paused stays so, if the debugger did not run it.
/// </summary>
/// <remarks>
/// All of it happens on a thread of its own, <c>gdb</c>; a vCPU that meets a breakpoint only says so. The machine's own thread brings
/// machines and takes them away, under the lock, under which nothing waits for it, and a debugger that does not read is waited for briefly.
/// </remarks>
internal sealed class GdbServer : IDisposable
{
    private const int ReceiveSize = 4096;
    private const byte SIGABRT = 6;
    private const byte SIGSEGV = 11;

    private readonly IGuestKeeper _keeper;
    private readonly GdbListener _listener;
    private readonly EventLoop _loop;
    private readonly Action _onStopWanted;
    /// <summary>How long the machine's thread waits for a debugger that does not read what it asked for.</summary>
    private static readonly TimeSpan s_machinesPatience = TimeSpan.FromSeconds(1);

    private readonly byte[] _received = new byte[ReceiveSize];
    // What the machine's thread changes too.
    private readonly Lock _lock = new();
    private MachineTarget? _target;
    private GdbSession? _session;
    // The guest is held because no debugger has come yet.
    private bool _awaited;
    // The loop's alone, but that anybody may shut the client out.
    private volatile GdbClient? _client;
    private bool _wasHeld;
    // The guest was held by its user when the debugger came; and the debugger has run it since.
    private bool _isUsers;
    private bool _hasRun;
    private IDisposable? _watch;
    private IDisposable? _listening;

    /// <summary>Begins to listen; nobody is let in before there is a machine.</summary>
    /// <param name="address">Where.</param>
    /// <param name="keeper">Who has the guest's run.</param>
    /// <exception cref="VmmException">The place is taken, or not ours.</exception>
    public GdbServer(GdbAddress address, IGuestKeeper keeper)
    {
        _keeper = keeper;
        _onStopWanted = OnStopWanted;
        _listener = new GdbListener(address);
        _loop = new EventLoop("gdb", keeper.Fail);
    }

    /// <summary>Where it listens, with the port that the kernel chose.</summary>
    public string Place => _listener.Place;

    /// <summary>There is a machine that is about to start.</summary>
    /// <param name="vm">The machine.</param>
    /// <param name="held">Whether somebody else has its vCPUs held anyway.</param>
    /// <returns>Whether its vCPUs are to be held before their first instruction: at the first start, and while a debugger is there.</returns>
    /// <exception cref="VmmException">This host's KVM cannot debug.</exception>
    public bool Attach(MicroVm vm, bool held)
    {
        lock (_lock)
        {
            _target = new MachineTarget(vm, () => _loop.Post(_onStopWanted));
            if (_session is not null)
                _session.Target = _target;
            bool first = _listening is null;
            _awaited = first && !held;
            _listening ??= _loop.Add(_listener.Socket, Linux.EPOLLIN, new Ready(Arrive));
            return first || _session is not null;
        }
    }

    /// <summary>The guest goes on, or is held, by its user's will from now on: it waits for no debugger any more.</summary>
    public void AwaitNone()
    {
        lock (_lock)
            _awaited = false;
    }

    /// <summary>The machine has started. A debugger that is there already finds it at its first instruction.</summary>
    public void Started() => _loop.Post(TellStart);

    /// <summary>The guest has crashed, and is held for it. Any thread.</summary>
    public void Crashed() => _loop.Post(_onStopWanted);

    /// <summary>Keeps the debugger from doing anything to the machine until this is disposed of. One that has the guest run has it run on.</summary>
    /// <exception cref="VmmException">It is in the middle of something.</exception>
    public Lock.Scope KeepOut() => EnterOr(() => throw new VmmException($"the debugger at {Place} is in the middle of something; try again"));

    /// <summary>The machine is about to be taken apart.</summary>
    public void Leave()
    {
        using Lock.Scope scope = EnterAsMachine();
        _target = null;
        if (_session is not null)
            _session.Target = null;
    }

    /// <summary>The guest's run is over: its debugger is told how.</summary>
    public void End(MachineOutcome outcome)
    {
        using Lock.Scope scope = EnterAsMachine();
        switch (outcome.Kind)
        {
            case OutcomeKind.DebugExit:
                _session?.Ended(signal: false, (byte)ExitCodes.FromDebugExit(outcome.Status));
                break;
            case var _ when outcome.IsCrash:
                _session?.Ended(signal: true, SIGSEGV);
                break;
            case OutcomeKind.HostFault:
                _session?.Ended(signal: true, SIGABRT);
                break;
            default:
                _session?.Ended(signal: false, 0);
                break;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _client?.ShutOut();
        _loop.Dispose();
        _watch?.Dispose();
        _client?.Dispose();
        _listening?.Dispose();
        _listener.Dispose();
    }

    /// <summary>Keeps the debugger's thread out. A debugger in the way that does not read what it asked for is shut out.</summary>
    private Lock.Scope EnterAsMachine() => EnterOr(() => _client?.ShutOut());

    /// <summary>Keeps the debugger's thread out.</summary>
    /// <param name="tooLong">Done when that takes too long, for it has sent what nobody reads; then it is waited for.</param>
    private Lock.Scope EnterOr(Action tooLong)
    {
        if (!_lock.TryEnter(s_machinesPatience))
        {
            tooLong();
            return _lock.EnterScope();
        }
        try
        {
            return _lock.EnterScope();
        }
        finally
        {
            _lock.Exit();
        }
    }

    private void Arrive()
    {
        if (_listener.TryAccept() is not { } socket)
            return;
        // A second one, or one that finds no guest to hold, is turned away. Asked outside of our lock: the answer may take a snapshot's time.
        if (_client is not null || !_keeper.TryTake())
        {
            socket.Dispose();
            return;
        }
        GdbClient client = new(socket);
        _client = client;
        try
        {
            lock (_lock)
            {
                if (_target is null)
                    throw new VmmException("the guest's run is over");
                _wasHeld = _target.IsHeld;
                _isUsers = _wasHeld && !_awaited;
                _hasRun = false;
                _target.HoldAll();
                _session = new GdbSession(_target, client.Send);
                _session.Stopped(_target.TakeCrash() ?? new StopReason(StopKind.Trap, 0));
            }
            _watch = _loop.Add(client.Socket, Linux.EPOLLIN, new Ready(Receive));
        }
        catch (Exception refused) when (refused is VmmException or HostException)
        {
            lock (_lock)
                _session = null;
            client.Dispose();
            LetGo();
        }
    }

    private void Receive()
    {
        if (_client is not { } client)
            return;
        int count = client.Receive(_received);
        CommandResult? parting = count < 0 ? CommandResult.Detach : null;
        bool changedNothing;
        lock (_lock)
        {
            _session!.Receive(_received.AsSpan(0, Math.Max(0, count)));
            parting ??= _session.Parting;
            changedNothing = _wasHeld && _session.IsSilent;
            _hasRun = _session.HasRun;
            if (parting is not null)
                _session = null;
        }
        if (parting is not { } how)
            return;
        _watch!.Dispose();
        client.Dispose();
        if (how == CommandResult.Kill)
            _keeper.Kill();
        if (changedNothing)
            Forget();
        else
            LetGo();
    }

    /// <summary>The guest is as if no debugger had been there. The next one is let in only when it is.</summary>
    private void LetGo()
    {
        try
        {
            lock (_lock)
            {
                _target?.LetGo(staysHeld: _isUsers && !_hasRun);
                _awaited = false;
            }
        }
        catch (VmmException)
        {
            // A vCPU is somewhere from where it does not come back yet, and until it does breakpoints stay.
            _loop.Post(LetGo);
            return;
        }
        Forget();
    }

    private void Forget()
    {
        _client = null;
        _keeper.GiveBack(resumed: _isUsers && _hasRun);
    }

    private void OnStopWanted()
    {
        lock (_lock)
        {
            if (_session is not { IsRunning: true } session || _target is null)
                return;
            try
            {
                if (_target.Stop() is { } stop)
                    session.Stopped(stop);
            }
            catch (VmmException refused) when (!_target.IsOver)
            {
                // The vCPU that wanted it stays where it is: again.
                session.Say($"vmm: {refused.Message}");
                _loop.Post(_onStopWanted);
            }
            catch (VmmException)
            {
                // Its end is told by the machine's own thread.
            }
        }
    }

    private void TellStart()
    {
        lock (_lock)
        {
            // Not when somebody was let in meanwhile, and let it go.
            if (_target is { IsHeld: true })
                _session?.Stopped(new StopReason(StopKind.Trap, 0));
        }
    }

    private sealed class Ready(Action act) : IEventHandler
    {
        public void OnReady(uint events) => act();
    }
}
