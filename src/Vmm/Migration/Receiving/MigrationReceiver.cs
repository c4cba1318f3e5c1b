using System.Security.Cryptography;
using Vmm.Cli;
using Vmm.Guest.Memory;
using Vmm.Host;
using Vmm.Machine.Config;
using Vmm.Migration.Protocol;
using Vmm.Migration.Sending;
using Vmm.Migration.Transport;
using Vmm.Snapshot.State;

namespace Vmm.Migration.Receiving;

/// <summary>
/// The destination's side. It runs the guest only after <see cref="MessageType.Commit"/>; whatever happens before ends it, and once
/// it has said <see cref="MessageType.Failed"/> it never runs it.
/// </summary>
internal sealed class MigrationReceiver : IDisposable
{
    private const int SessionBytes = 16;

    private readonly MigrationListener _listener;
    private readonly TimeSpan _patience;
    private readonly string _session = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SessionBytes));
    private volatile Channel? _control;
    private MemoryReceiver? _memory;
    private TailReceiver? _tail;
    private SafeFd? _handedOver;
    private MigrationProgress _heard = new();
    private volatile MigrationPhase _phase;
    private volatile string? _stopped;

    /// <summary>Prepares it.</summary>
    /// <param name="listener">Where the source comes to; owned from now on.</param>
    /// <param name="patience">How long it may be silent once it is there.</param>
    public MigrationReceiver(MigrationListener listener, TimeSpan patience) => (_listener, _patience) = (listener, patience);

    /// <summary>Told of each phase as it begins; what it throws ends the migration. For tests.</summary>
    public Action<MigrationPhase>? PhaseReached { get; init; }

    /// <summary>Bytes of memory that came.</summary>
    public long Received => _memory?.Received ?? 0;

    /// <summary>Whether it was ended by <see cref="Stop"/> before the guest ran here.</summary>
    public bool WasStopped { get; private set; }

    /// <summary>How far it is: where this side is and what came, and besides what the source said last. Any thread.</summary>
    public MigrationProgress Progress => Volatile.Read(ref _heard) with { Phase = _phase, Sent = Received };

    /// <summary>Waits for a source, and hears what machine it is. Answered by <see cref="Receive"/> or <see cref="Refuse"/>. Who comes and is no source is sent away.</summary>
    /// <exception cref="VmmException">A source came that speaks otherwise, or was lost.</exception>
    public OfferMessage WaitForOffer() => Guard(() =>
    {
        HelloMessage hello = WaitForHello();
        if (hello.Architecture != SavedState.ThisArchitecture)
            throw new VmmException($"the source has {Printable.Escape(hello.Architecture)} processors, and this is {SavedState.ThisArchitecture}");
        if (hello.Protocol < 1)
            throw new VmmException($"the source speaks version {hello.Protocol} of the protocol, which there never was");
        int protocol = Math.Min(hello.Protocol, MigrationSender.Protocol);
        _control!.Send(MessageType.Welcome, new WelcomeMessage(protocol, VersionCommand.Current, _session), MigrationJson.Default.WelcomeMessage);
        Enter(MigrationPhase.Offer);
        OfferMessage offer = Expect(MessageType.Offer).As(MigrationJson.Default.OfferMessage);
        if (offer.Page != PageMessage.PageSize || offer.Memory == 0 || offer.Memory % PageMessage.PageSize != 0)
            throw new VmmException($"the source offers {offer.Memory} bytes of RAM in pages of {offer.Page}: they are {PageMessage.PageSize} here");
        if (offer.Connections is < 1 or > MigrationOptions.MostConnections)
            throw new VmmException($"the source wants {offer.Connections} connections: there can be 1 to {MigrationOptions.MostConnections}");
        if (offer is { Local: true, PostCopy: true })
            throw new VmmException("the source wants to hand memory over, and to send it afterwards: it can be only one of them");
        if (_listener.IsSingle && (offer.Local || offer.PostCopy || offer.Connections > 1))
            throw new VmmException($"this side has one connection ({_listener.Place}): memory comes on it by pre-copy, and on no other");
        if (offer.Local)
            _handedOver = _control.ReceiveDescriptor(MigrationPhase.Offer, MessageType.Memory);
        return offer;
    });

    /// <summary>The source's memory itself, the caller's from now on; null when pages come.</summary>
    public SafeFd? TakeMemory() => Interlocked.Exchange(ref _handedOver, null);

    /// <summary>Says no. Nothing else follows.</summary>
    public void Refuse(string reason) => _control?.TrySend(MessageType.Refuse, new ReasonMessage(reason), MigrationJson.Default.ReasonMessage);

    /// <summary>Takes the guest over: its memory, its state, and with the source's word the guest itself. When it returns, the guest is to run here.</summary>
    /// <param name="offer">What was offered.</param>
    /// <param name="guest">The machine that was built for it.</param>
    /// <exception cref="VmmException">It failed; the guest must not run here.</exception>
    public void Receive(OfferMessage offer, IIncomingGuest guest) => Guard(() =>
    {
        if (_stopped is { } reason)
            throw new VmmException(reason);
        if (guest.Length != offer.Memory)
            throw new VmmException($"the source's guest has {offer.Memory} bytes of RAM, and its description says {guest.Length}");
        if (offer.PostCopy)
            guest.CheckPostCopy();
        _control!.Send(MessageType.Accept);
        MemoryDoor door = new(_listener, _session, _patience);
        if (!offer.Local)
            OpenChannels(offer, guest, door);
        Enter(MigrationPhase.Rounds);
        if (!offer.Local)
            _control.Send(MessageType.Attached);
        Message state = offer.PostCopy ? ExpectState(offer, guest, door) : Expect(MessageType.State);
        if (_tail is null && _memory?.Rounds.TryClose() == false)
            throw new ProtocolException("the state came within a round of memory");
        Enter(MigrationPhase.State);
        guest.Restore(state.Payload);
        Enter(MigrationPhase.Commit);
        _control.Send(MessageType.Ready);
        Expect(MessageType.Commit);
        _tail?.Commit();
        guest.TakeDisks();
        Enter(MigrationPhase.Started);
        return true;
    });

    /// <summary>The guest runs here.</summary>
    /// <returns>What brings the rest of its memory, to be run on a thread of its own and owned from now on; null when all is there.</returns>
    public TailReceiver? Started()
    {
        if (_tail is null)
            _listener.Close();
        try
        {
            _control!.Send(MessageType.Started);
            // Where both sides share a processor, the source hears it before this side tidies up.
            Thread.Yield();
        }
        catch (LinkException)
        {
            // It runs here all the same; the source is held until somebody looks.
        }
        if (_tail is not { } tail)
        {
            Enter(MigrationPhase.Done);
            Dispose();
            return null;
        }
        // The listener, too: if the link is lost, the source comes again.
        (_tail, _control, _memory) = (null, null, null);
        _phase = MigrationPhase.Done;
        return tail;
    }

    /// <summary>The guest cannot run here: says so while the source still listens.</summary>
    public void Fail(string reason)
    {
        _listener.Close();
        MessageType type = _phase <= MigrationPhase.Offer ? MessageType.Refuse : MessageType.Failed;
        _control?.TrySend(type, new ReasonMessage(reason), MigrationJson.Default.ReasonMessage);
    }

    /// <summary>Ends all waiting, from another thread. The source is told, if there is one.</summary>
    /// <param name="by">What has ended it, for messages.</param>
    public void Stop(string by)
    {
        _stopped = $"it was given up at the destination ({by})";
        _listener.Stop();
        _control?.StopReceiving();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_control is null && _phase == MigrationPhase.Done)
            return;
        _control?.Abort();
        _memory?.Dispose();
        TakeMemory()?.Dispose();
        _tail?.Dispose();
        _control?.Dispose();
        _listener.Dispose();
    }

    /// <summary>Anybody may knock: who does not begin as a source does ends nothing.</summary>
    private HelloMessage WaitForHello()
    {
        while (true)
        {
            Enter(MigrationPhase.Connect);
            Channel caller = Channel.Over(_listener.Accept(), MessageRoute.ToDestination, _patience);
            _control = caller;
            Enter(MigrationPhase.Hello);
            try
            {
                // Set before the caller was, it has not ended its waiting.
                if (_stopped is { } reason)
                    throw new VmmException(reason);
                if (!_listener.IsSingle && !caller.WaitForMessage(TailReceiver.Doorstep))
                    throw new LinkException($"it said nothing for {TailReceiver.Doorstep.TotalSeconds:0} s");
                Message first = caller.Receive(MigrationPhase.Hello);
                return first.Type == MessageType.Hello ? first.As(MigrationJson.Default.HelloMessage)
                    : throw new ProtocolException("no migration waits here to be taken up again: here a new one is waited for");
            }
            catch (VmmException stranger) when (!_listener.IsSingle && _stopped is null)
            {
                SendAway(caller, stranger.Message);
            }
        }
    }

    private void SendAway(Channel caller, string why)
    {
        caller.TurnAway(why);
        _control = null;
        _listener.Refused?.Invoke($"who connected to {_listener.Place} is no source and was sent away: {why}");
    }

    private void OpenChannels(OfferMessage offer, IIncomingGuest guest, MemoryDoor door)
    {
        Enter(MigrationPhase.Channels);
        // Nothing is due here but that it is given up.
        Channel[] channels = door.Accept(_control!, offer.Connections + (offer.PostCopy ? 1 : 0),
            () => throw SourceSaid(Expect(MessageType.Cancel).As(MigrationJson.Default.ReasonMessage).Reason));
        // Before the source hears that it may send.
        _memory = new MemoryReceiver(channels, guest, offer.Zstd, OnRoundDone, OnMemoryFailed, offer.PostCopy);
    }

    /// <summary>After the rounds comes the state, or first which pages follow after the start.</summary>
    private Message ExpectState(OfferMessage offer, IIncomingGuest guest, MemoryDoor door)
    {
        Message message = Expect(MessageType.State, MessageType.Missing);
        if (message.Type == MessageType.State)
            return message;
        Enter(MigrationPhase.Missing);
        DirtyBitmap missing = MissingMessage.Read(message.Payload, guest.Length);
        _tail = new TailReceiver(_listener, door, offer, guest, _patience) { PhaseReached = PhaseReached };
        _tail.Begin(_control!, _memory!, missing);
        return Expect(MessageType.State);
    }

    private void OnRoundDone(uint round)
    {
        Span<byte> number = stackalloc byte[sizeof(uint)];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(number, round);
        _control!.Send(MessageType.RoundDone, number);
    }

    private void OnMemoryFailed()
    {
        // Once the state is taken over, memory is complete: its connections may go.
        if (_phase < MigrationPhase.Commit)
            _control!.StopReceiving();
        _tail?.OnMemoryFailed();
    }

    private void Enter(MigrationPhase phase)
    {
        _phase = phase;
        PhaseReached?.Invoke(phase);
    }

    private Message Expect(MessageType type, MessageType? or = null)
    {
        while (true)
        {
            Message message = _control!.Receive(_phase);
            if (message.Type == type || message.Type == or)
                return message;
            switch (message.Type)
            {
                case MessageType.Progress:
                    Volatile.Write(ref _heard, ProgressMessage.Read(message));
                    break;
                case MessageType.Cancel:
                    throw SourceSaid(message.As(MigrationJson.Default.ReasonMessage).Reason);
                default:
                    throw new ProtocolException($"the source said {message.Type} where {type} was due");
            }
        }
    }

    private static VmmException SourceSaid(string reason) => new($"the source says: {Printable.Escape(reason)}");

    private T Guard<T>(Func<T> act)
    {
        try
        {
            return act();
        }
        catch (Exception failed) when (failed is VmmException or HostException)
        {
            // What happened to a connection for memory is the cause when the first one was given up for it; and the source may have said why.
            Exception why = _stopped is { } ended ? new VmmException(ended, cause: failed)
                : failed is not LinkException ? failed
                : _memory?.Failure is { } cause and not LinkException ? cause
                : _control?.TryHearReason(_phase) is { } reason ? SourceSaid(reason)
                : failed;
            WasStopped = _stopped is not null;
            Fail(why.Message);
            _control?.CloseGently();
            Dispose();
            throw new VmmException($"no guest was taken over: {why.Message}", cause: why);
        }
    }
}
