using System.Diagnostics;
using System.Net.Sockets;
using Vmm.Guest.Memory;
using Vmm.Host;
using Vmm.Machine.Config;
using Vmm.Migration.Protocol;
using Vmm.Migration.Transport;

namespace Vmm.Migration.Sending;

/// <summary>The source's side when a migration is taken up again whose link was lost after the guest had started at the destination.</summary>
/// <param name="guest">Held, and never let go on here any more.</param>
/// <param name="connect">Makes a connection to the destination.</param>
/// <param name="destination">Its name, for messages.</param>
/// <param name="ticket">Of the migration that was lost.</param>
internal sealed class MigrationRecovery(IMigratingGuest guest, Func<Socket> connect, string destination, MigrationTicket ticket) : IDisposable
{
    private readonly MigrationOptions _options = ticket.Options;
    private readonly Heartbeat _heartbeat = new(ticket.Options.Patience);
    private readonly List<Channel> _channels = [];
    private readonly long _start = Stopwatch.GetTimestamp();
    private Channel? _control;
    private PagePump? _pump;
    private TailSender? _tail;
    private MigrationPhase _phase;

    /// <summary>Told of each phase as it begins; what it throws ends the attempt. For tests.</summary>
    public Action<MigrationPhase>? PhaseReached { get; init; }

    /// <summary>Told how far it is.</summary>
    public Action<MigrationProgress>? Progressed { get; init; }

    /// <summary>Whether the destination has said that the guest is there.</summary>
    public bool IsThere { get; private set; }

    /// <summary>Sends what is missing. When it returns the destination has everything.</summary>
    /// <exception cref="PagesLostException">The link was lost again.</exception>
    /// <exception cref="VmmException">The destination is not there, or not the one.</exception>
    public MigrationResult Run()
    {
        try
        {
            Enter(MigrationPhase.Recover);
            DirtyBitmap missing = ShakeHands();
            long pages = (long)missing.Count();
            IsThere = true;
            PagePump pump = _pump = new PagePump([.. _channels.Take(_options.Connections)], guest.Memory, _options, new BandwidthLimit(_options.Bandwidth, TimeProvider.System), CancellationToken.None);
            TailSender tail = _tail = new TailSender(guest, _control!, pump, _channels[^1], 0, missing);
            Enter(MigrationPhase.Pages);
            pump.Begin();
            tail.Follow(_options.Patience, Tick);
            return new MigrationResult
            {
                Destination = destination,
                TotalMilliseconds = Stopwatch.GetElapsedTime(_start).TotalMilliseconds,
                DowntimeMilliseconds = 0,
                Sent = Sent,
                Pages = pump.Pages + tail.Pages,
                ZeroPages = pump.ZeroPages,
                Rounds = 1,
                Bandwidth = pages * (double)PageMessage.PageSize / Stopwatch.GetElapsedTime(_start).TotalSeconds,
                PostCopy = true,
                Faults = tail.There.Faults,
                FaultMedian = tail.There.FaultMedian,
                Fault99 = tail.There.Fault99,
                Recovered = true,
            };
        }
        catch (VmmException failed) when (IsThere)
        {
            throw new PagesLostException(destination, _pump?.Remaining ?? 0, ticket, failed);
        }
        catch (VmmException failed)
        {
            throw new VmmException($"the migration to {destination} was not taken up again: {failed.Message}; its guest is still held here", cause: failed);
        }
        finally
        {
            Dispose();
        }
    }

    /// <summary>Ends all connections.</summary>
    public void Dispose()
    {
        Abort();
        // Its threads end with their connections.
        _pump?.Dispose();
        _tail?.Dispose();
        foreach (Channel channel in _channels)
            channel.Dispose();
        _control?.Dispose();
        _channels.Clear();
        (_pump, _tail, _control) = (null, null, null);
    }

    private long Sent => (_control?.BytesSent ?? 0) + _channels.Sum(channel => channel.BytesSent);

    private DirtyBitmap ShakeHands()
    {
        _control = Channel.Over(connect(), MessageRoute.ToSource, _options.Patience);
        _control.Send(MessageType.Recover, new RecoverMessage(MigrationSender.Protocol, ticket.Session), MigrationJson.Default.RecoverMessage);
        if (_control.TryReceive(MigrationPhase.Recover) is not { } answer)
            throw new VmmException("who listens there does not wait for this guest's memory");
        if (answer.Type == MessageType.Refuse)
            throw new VmmException($"who listens there does not wait for this guest's memory: {Printable.Escape(answer.As(MigrationJson.Default.ReasonMessage).Reason)}");
        if (answer.Type != MessageType.Missing)
            throw new ProtocolException($"the destination said {answer.Type} where {MessageType.Missing} was due");
        DirtyBitmap missing = MissingMessage.Read(answer.Payload, guest.Length);
        MemoryConnections.Open(_channels, connect, ticket.Session, _options);
        Message attached = _control.Receive(MigrationPhase.Recover);
        return attached.Type == MessageType.Attached ? missing : throw new ProtocolException($"the destination said {attached.Type} where {MessageType.Attached} was due");
    }

    private void Enter(MigrationPhase phase)
    {
        _phase = phase;
        PhaseReached?.Invoke(phase);
        Report();
    }

    private void Tick()
    {
        Report();
        if (_heartbeat.IsDue())
            _control!.Send(MessageType.Progress, Progress(), MigrationJson.Default.MigrationProgress);
    }

    private void Report() => Progressed?.Invoke(Progress());

    private MigrationProgress Progress() => new()
    {
        Phase = _phase,
        Sent = Sent,
        Remaining = _pump?.Remaining ?? 0,
        Faults = _tail?.There.Faults ?? 0,
        FaultMedian = _tail?.There.FaultMedian ?? 0,
        Fault99 = _tail?.There.Fault99 ?? 0,
        Elapsed = Stopwatch.GetElapsedTime(_start).TotalMilliseconds,
    };

    private void Abort()
    {
        foreach (Channel channel in _channels)
            channel.Abort();
        _control?.Abort();
    }
}
