using System.Diagnostics;
using System.Net.Sockets;
using Vmm.Cli;
using Vmm.Guest.Memory;
using Vmm.Host;
using Vmm.Migration.Protocol;
using Vmm.Migration.Transport;
using Vmm.Snapshot.State;

namespace Vmm.Migration.Sending;

/// <summary>
/// The source's side. Up to the moment at which <see cref="MessageType.Commit"/> is out, whatever goes wrong leaves the guest
/// running here. From then on it is the destination's, and only the destination's word (<see cref="MessageType.Failed"/>) brings it
/// back: a link that is lost in between leaves it held, for a person to decide. Once the destination has said that it runs, it
/// never runs here again, and if memory is still missing there, it is kept here for it.
/// </summary>
/// <param name="guest">The machine.</param>
/// <param name="connect">Makes a connection to the destination.</param>
/// <param name="destination">Its name, for messages.</param>
/// <param name="options">How to go about it.</param>
internal sealed class MigrationSender(IMigratingGuest guest, Func<Socket> connect, string destination, MigrationOptions options) : IDisposable
{
    /// <summary>The newest version of the protocol that is spoken.</summary>
    public const int Protocol = 1;

    private readonly Lock _committing = new();
    private readonly Heartbeat _heartbeat = new(options.Patience);
    private readonly Convergence _convergence = new(options);
    private readonly List<Channel> _channels = [];
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly DirtyBitmap _pending = new(guest.Length);
    private readonly DirtyBitmap _written = new(guest.Length);
    private Channel? _control;
    private PagePump? _pump;
    private TailSender? _tail;
    private CancellationToken _cancel;
    private string _session = "";
    private MigrationPhase _phase;
    private byte[] _state = [];
    private int _round;
    private long _heldAt;
    private long _firstRoundAt;
    private long _roundAt;
    private ulong _roundBytes;
    private bool _logs;
    private bool _held;
    private bool _gaveUp;
    private bool _committed;
    private bool _runsThere;

    /// <summary>Told of each phase as it begins; what it throws ends the migration. For tests.</summary>
    public Action<MigrationPhase>? PhaseReached { get; init; }

    /// <summary>Told how far it is.</summary>
    public Action<MigrationProgress>? Progressed { get; init; }

    /// <summary>Told of each round after which the guest still runs here: its numbers, and what is left for the next.</summary>
    public Action<MigrationProgress>? RoundEnded { get; init; }

    /// <summary>Migrates the guest. When it returns the guest runs at the destination, and is held here until it is ended.</summary>
    /// <param name="cancel">Ends it, as long as the guest is not given up.</param>
    /// <exception cref="CommitLostException">Nobody knows which side has the guest; it is held here.</exception>
    /// <exception cref="PagesLostException">The guest runs there and waits for memory that is here; it is held here.</exception>
    /// <exception cref="VmmException">It failed; the guest runs on here.</exception>
    public MigrationResult Run(CancellationToken cancel)
    {
        using CancellationTokenRegistration wake = cancel.Register(StopWaiting);
        _cancel = cancel;
        try
        {
            _session = ShakeHands(cancel);
            NextStep next = NextStep.Hold;
            if (!options.Local)
            {
                OpenChannels(cancel);
                next = SendRounds(cancel);
            }
            Hold(next, cancel);
            SendState(cancel);
            return HandOver(cancel);
        }
        catch (Exception failed) when (_runsThere && _pump is not null)
        {
            throw new PagesLostException(destination, _pump.Remaining, new MigrationTicket(_session, options), failed);
        }
        catch (Exception failed) when (_committed && failed is not RefusedException)
        {
            throw new CommitLostException(destination, failed, _tail is null ? null : new MigrationTicket(_session, options));
        }
        catch (Exception failed)
        {
            Exception told = Explain(failed, cancel);
            // Closed before the guest goes on: who has not heard that it stays here cannot be told to start it any more.
            Dispose();
            Undo(told);
            throw told;
        }
        finally
        {
            Dispose();
        }
    }

    /// <summary>Ends all connections.</summary>
    public void Dispose()
    {
        foreach (Channel channel in _channels)
            channel.Abort();
        _pump?.Dispose();
        _tail?.Dispose();
        foreach (Channel channel in _channels)
            channel.Dispose();
        _control?.Dispose();
        _channels.Clear();
        _pump = null;
    }

    private string ShakeHands(CancellationToken cancel)
    {
        Enter(MigrationPhase.Connect, cancel);
        _control = Channel.Over(connect(), MessageRoute.ToSource, options.Patience);
        Enter(MigrationPhase.Hello, cancel);
        _control.Send(MessageType.Hello, new HelloMessage(Protocol, VersionCommand.Current, SavedState.ThisArchitecture), MigrationJson.Default.HelloMessage);
        WelcomeMessage welcome = Expect(MessageType.Welcome).As(MigrationJson.Default.WelcomeMessage);
        if (welcome.Protocol is < 1 or > Protocol)
            throw new ProtocolException($"the destination speaks version {welcome.Protocol} of the protocol, and this vmm ({VersionCommand.Current}) up to {Protocol}");
        Enter(MigrationPhase.Offer, cancel);
        _control.Send(MessageType.Offer, guest.Describe(options), MigrationJson.Default.OfferMessage);
        if (options.Local)
            _control.SendDescriptor(MessageType.Memory, guest.MemoryFile!);
        Expect(MessageType.Accept);
        return welcome.Session;
    }

    private void OpenChannels(CancellationToken cancel)
    {
        Enter(MigrationPhase.Channels, cancel);
        MemoryConnections.Open(_channels, connect, _session, options);
        Expect(MessageType.Attached);
        // What follows after the start is no longer cancelled.
        _pump = new PagePump([.. _channels.Take(options.Connections)], guest.Memory, options, new BandwidthLimit(options.Bandwidth, TimeProvider.System), options.MayPostCopy ? CancellationToken.None : cancel);
    }

    private NextStep SendRounds(CancellationToken cancel)
    {
        Enter(MigrationPhase.Rounds, cancel);
        // Not before: a migration that is refused leaves incremental snapshots as they are.
        guest.StartLogging();
        _logs = true;
        // Looked at after the log is on: a page that is touched later is in the log.
        guest.MarkContent(_pending);
        _firstRoundAt = Stopwatch.GetTimestamp();
        NextStep next = options.Mode == MigrationMode.Postcopy ? NextStep.Switch : NextStep.Round;
        while (next == NextStep.Round)
        {
            _roundBytes = _pending.Count() * DirtyBitmap.PageSize;
            _roundAt = Stopwatch.GetTimestamp();
            SendRound();
            next = Judge();
            _written.MoveTo(_pending);
            Report();
            RoundEnded?.Invoke(Progress() with { Round = _round - 1, Remaining = _pending.Count() * DirtyBitmap.PageSize });
            cancel.ThrowIfCancellationRequested();
            ThrowIfEnded();
            if (next == NextStep.Cancel)
                throw DidNotConverge();
            guest.Throttle(_convergence.Throttle);
        }
        return next;
    }

    /// <summary>Judges the round that is over or under way.</summary>
    private NextStep Judge()
    {
        guest.Harvest(_written);
        ulong unsent = _pump!.Remaining;
        return _convergence.After(_roundBytes - unsent, Stopwatch.GetElapsedTime(_roundAt), _written.Count() * DirtyBitmap.PageSize, Stopwatch.GetElapsedTime(_firstRoundAt), unsent);
    }

    /// <summary>A round over a slow link may outlast the time: what would be decided after it is decided within.</summary>
    private void CheckTime()
    {
        if (_phase != MigrationPhase.Rounds || options is { Mode: MigrationMode.Precopy, OnTimeout: TimeoutPolicy.Continue } || Stopwatch.GetElapsedTime(_firstRoundAt) < options.Timeout)
            return;
        NextStep next = Judge();
        if (next == NextStep.Cancel)
            throw DidNotConverge();
        if (next == NextStep.Switch)
            _pump!.CutShort();
    }

    private VmmException DidNotConverge() =>
        new($"it did not converge within {options.Timeout.TotalSeconds:0.###} s: the guest writes {_convergence.DirtyRate / 1e6:0.#} MB/s, and {_convergence.Bandwidth / 1e6:0.#} MB/s are sent");

    /// <summary>Holds the guest, and sends what it wrote since the last round, or tells that it follows.</summary>
    private void Hold(NextStep next, CancellationToken cancel)
    {
        _heldAt = Stopwatch.GetTimestamp();
        guest.Hold();
        _held = true;
        Enter(next == NextStep.Switch ? MigrationPhase.Missing : MigrationPhase.LastRound, cancel);
        // Before the last harvest: an exit that is completed for it may write to RAM.
        _state = guest.SaveState();
        if (options.Local)
            return;
        guest.Harvest(_pending);
        if (next == NextStep.Switch)
            TellMissing();
        else if (_pending.Count() > 0)
            SendRound();
    }

    /// <summary>Pages can be asked for from here on: the machine that takes the state over may touch some.</summary>
    private void TellMissing()
    {
        // What the destination cannot place singly it needs whole.
        if (guest.PageSize > PageMessage.PageSize)
            _pending.Widen(guest.PageSize);
        _tail = new TailSender(guest, _control!, _pump!, _channels[^1], (uint)_round, _pending);
        _control!.Send(MessageType.Missing, MissingMessage.Write(_pending));
    }

    private void SendRound()
    {
        _pump!.Send((uint)_round, _pending, tellZero: _round > 0, Tick);
        if (Expect(MessageType.RoundDone).AsNumber() != (uint)_round)
            throw new ProtocolException("the destination has finished another round than the one that was sent");
        _round++;
    }

    private void SendState(CancellationToken cancel)
    {
        Enter(MigrationPhase.State, cancel);
        _control!.Send(MessageType.State, _state);
        Expect(MessageType.Ready);
    }

    private MigrationResult HandOver(CancellationToken cancel)
    {
        Enter(MigrationPhase.Commit, cancel);
        _gaveUp = true;
        guest.GiveUp();
        lock (_committing)
        {
            cancel.ThrowIfCancellationRequested();
            // A message that was cut is none: only one that got out whole commits.
            _control!.Send(MessageType.Commit);
            _committed = true;
        }
        if (_tail is not null)
            _pump!.Begin();
        _phase = MigrationPhase.Started;
        PhaseReached?.Invoke(_phase);
        Expect(MessageType.Started);
        TimeSpan downtime = Stopwatch.GetElapsedTime(_heldAt);
        _runsThere = true;
        if (_tail is not null)
        {
            _phase = MigrationPhase.Pages;
            PhaseReached?.Invoke(_phase);
            _tail.Follow(options.Patience, Tick);
        }
        _phase = MigrationPhase.Done;
        return new MigrationResult
        {
            Destination = destination,
            TotalMilliseconds = Stopwatch.GetElapsedTime(_start).TotalMilliseconds,
            DowntimeMilliseconds = downtime.TotalMilliseconds,
            Sent = Sent,
            Pages = (_pump?.Pages ?? 0) + (_tail?.Pages ?? 0),
            ZeroPages = _pump?.ZeroPages ?? 0,
            Rounds = _round,
            Bandwidth = _convergence.IsMeasured ? _convergence.Bandwidth : Sent / Stopwatch.GetElapsedTime(_start).TotalSeconds,
            PostCopy = _tail is not null,
            Faults = _tail?.There.Faults ?? 0,
            FaultMedian = _tail?.There.FaultMedian ?? 0,
            Fault99 = _tail?.There.Fault99 ?? 0,
        };
    }

    private long Sent => (_control?.BytesSent ?? 0) + _channels.Sum(channel => channel.BytesSent);

    private void Enter(MigrationPhase phase, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        ThrowIfEnded();
        _phase = phase;
        PhaseReached?.Invoke(phase);
        Report();
    }

    private void ThrowIfEnded()
    {
        if (guest.HasEnded)
            throw new VmmException("the guest's run ended meanwhile: there is nothing to migrate");
    }

    /// <summary>While a round is under way.</summary>
    private void Tick()
    {
        // Later its end here is none of the guest's.
        if (!_runsThere)
        {
            _cancel.ThrowIfCancellationRequested();
            ThrowIfEnded();
        }
        CheckTime();
        Report();
        if (_heartbeat.IsDue())
            _control!.Send(MessageType.Progress, Progress(), MigrationJson.Default.MigrationProgress);
    }

    private void Report() => Progressed?.Invoke(Progress());

    private MigrationProgress Progress() => new()
    {
        Phase = _phase,
        Round = _round,
        Sent = Sent,
        Remaining = _pump?.Remaining ?? 0,
        DirtyRate = _convergence.DirtyRate,
        Bandwidth = _convergence.IsMeasured ? _convergence.Bandwidth : 0,
        ProjectedDowntime = _convergence.Projected.TotalMilliseconds,
        Throttle = _convergence.Throttle,
        Faults = _tail?.There.Faults ?? 0,
        FaultMedian = _tail?.There.FaultMedian ?? 0,
        Fault99 = _tail?.There.Fault99 ?? 0,
        Elapsed = Stopwatch.GetElapsedTime(_start).TotalMilliseconds,
    };

    private Message Expect(MessageType type)
    {
        Message message = _control!.Receive(_phase);
        while (message.Type == MessageType.PageRequest && _tail is { } tail && tail.TryTake(message))
            message = _control.Receive(_phase);
        if (message.Type == type)
            return message;
        throw message.Type is MessageType.Refuse or MessageType.Failed
            ? new RefusedException(destination, message.As(MigrationJson.Default.ReasonMessage).Reason)
            : new ProtocolException($"the destination said {message.Type} where {type} was due");
    }

    /// <summary>Ends a wait for the destination; without effect once the guest is given up.</summary>
    private void StopWaiting()
    {
        lock (_committing)
        {
            if (!_committed)
                _control?.StopReceiving();
        }
    }

    /// <summary>What to tell of a failure: that the user wanted it, or what the destination said, rather than that a connection was lost.</summary>
    private Exception Explain(Exception failed, CancellationToken cancel)
    {
        if (cancel.IsCancellationRequested && guest.HasEnded)
        {
            _control?.TrySend(MessageType.Cancel, new ReasonMessage("the guest's run ended at the source"), MigrationJson.Default.ReasonMessage);
            return new VmmException($"the migration to {destination} ended with the guest's run here: nothing went over");
        }
        if (cancel.IsCancellationRequested)
        {
            _control?.TrySend(MessageType.Cancel, new ReasonMessage("the source's user cancelled it"), MigrationJson.Default.ReasonMessage);
            return new VmmException($"the migration to {destination} was cancelled; the guest stays here");
        }
        if (failed is LinkException && _control?.TryHearReason(_phase) is { } reason)
            failed = new RefusedException(destination, reason);
        else if (failed is LinkException && _phase == MigrationPhase.Hello && options.TlsFolder is null)
            // Who wants TLS cannot say so in the clear: to it this was noise.
            failed = new LinkException($"{failed.Message} before it had said anything: if it waits for TLS ('vmm receive --tls'), give --tls here, too", failed);
        else if (failed is not (LinkException or RefusedException))
            _control?.TrySend(MessageType.Cancel, new ReasonMessage(failed.Message), MigrationJson.Default.ReasonMessage);
        return failed is VmmException or HostException ? new VmmException($"the migration to {destination} failed: {failed.Message}; the guest stays here", cause: failed) : failed;
    }

    /// <summary>Puts everything back as it was before.</summary>
    private void Undo(Exception why)
    {
        guest.Throttle(0);
        if (_logs)
            guest.StopLogging();
        if (!_held || guest.HasEnded)
            return;
        try
        {
            if (_gaveUp)
                guest.TakeBack();
        }
        catch (Exception taken) when (taken is VmmException or HostException)
        {
            throw new DisksLostException($"{why.Message}, held, because a disk cannot be had again: {taken.Message}; resume it when that is free", taken);
        }
        guest.GoOn();
    }
}
