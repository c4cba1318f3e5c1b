using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using Vmm.Guest.Memory;
using Vmm.Host;
using Vmm.Migration.Protocol;
using Vmm.Migration.Transport;
using Vmm.Snapshot.Memory;

namespace Vmm.Migration.Receiving;

/// <summary>
/// The destination's side of what follows after the start: asks for the pages that the guest touches, and when the link is lost
/// waits for the source to come again. The guest waits meanwhile where it touches what is not there; nothing else stops it.
/// </summary>
/// <param name="listener">Where the source comes again.</param>
/// <param name="door">Takes the connections for memory.</param>
/// <param name="offer">What was agreed on.</param>
/// <param name="guest">The guest.</param>
/// <param name="patience">How long the source may be silent before the guest starts.</param>
internal sealed class TailReceiver(MigrationListener listener, MemoryDoor door, OfferMessage offer, IIncomingGuest guest, TimeSpan patience) : IPageSource, IDisposable
{
    private const int StackSize = 256 << 10;

    /// <summary>How long one who knocks may take to say who he is: others wait meanwhile.</summary>
    public static readonly TimeSpan Doorstep = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(50);

    /// <summary>The source says something every second; the sooner it is given up, the sooner it can come again.</summary>
    private readonly TimeSpan _silence = patience / 2;
    private readonly AutoResetEvent _memoryFailed = new(initialState: false);
    private readonly ManualResetEvent _decided = new(initialState: false);
    private readonly Lock _releasing = new();
    private volatile Channel? _control;
    private MemoryReceiver? _memory;
    private PageServer? _server;
    private bool _released;
    private volatile bool _isLost;

    /// <summary>Told of each phase as it begins; what it throws ends all. For tests.</summary>
    public Action<MigrationPhase>? PhaseReached { get; init; }

    /// <summary>How long a source that may not have heard that all is here can come again to hear it. The guest needs nothing of it any more.</summary>
    public TimeSpan AnswersLate { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Told that the link was lost, why, and how many bytes are still at the source; none when only the word that all is here may be lost.</summary>
    public Action<string, ulong>? LinkLost { get; set; }

    /// <summary>Told that the source has come again.</summary>
    public Action? TakenUp { get; set; }

    /// <summary>Where the source can come to.</summary>
    public string Place => listener.Place;

    /// <summary>Bytes that are still to come.</summary>
    public ulong Left => _server?.Left ?? 0;

    /// <summary>Whether every page is here.</summary>
    public bool IsComplete => _server?.IsComplete ?? false;

    /// <summary>How far it is. Any thread.</summary>
    public MigrationProgress Progress => new()
    {
        Phase = _isLost ? MigrationPhase.Recover : MigrationPhase.Pages,
        Sent = _memory?.Received ?? 0,
        Remaining = Left,
        Faults = Times!.Count,
        FaultMedian = Times.Percentile(0.5),
        Fault99 = Times.Percentile(0.99),
    };

    private FaultTimes? Times => _server?.Times;

    /// <summary>Has RAM served from here on. Until <see cref="Commit"/>, a source that is gone ends all waiting for its pages: the machine is taken apart then.</summary>
    /// <param name="control">The source's connection; owned from now on, as is the next.</param>
    /// <param name="memory">The connections for memory.</param>
    /// <param name="missing">The pages.</param>
    public void Begin(Channel control, MemoryReceiver memory, DirtyBitmap missing)
    {
        if (guest.PageSize > PageMessage.PageSize && !IsWhole(missing, guest.PageSize))
            throw new ProtocolException($"the list of missing pages has parts of pages of {guest.PageSize} bytes, of which RAM is made here: the source's vmm is older; migrate by pre-copy (--mode precopy)");
        (_control, _memory) = (control, memory);
        _server = memory.Arm(() => guest.Await(missing, this));
        HostThread.Start(new Thread(Guard, StackSize) { Name = "migrate-guard", IsBackground = true });
    }

    private static bool IsWhole(DirtyBitmap missing, ulong pageSize)
    {
        DirtyBitmap whole = new(missing.Length);
        whole.Add(missing);
        whole.Widen(pageSize);
        return whole.Count() == missing.Count();
    }

    /// <summary>The guest is this side's: whatever happens to the link, it waits for its pages.</summary>
    /// <exception cref="LinkException">It is not: pages have been given up already.</exception>
    public void Commit()
    {
        lock (_releasing)
        {
            if (_released)
                throw new LinkException("a connection for memory was lost before the guest had been taken over");
            _decided.Set();
        }
    }

    /// <inheritdoc/>
    bool IPageSource.TryRead(ulong offset, Span<byte> destination)
    {
        Span<byte> payload = stackalloc byte[PageRequestMessage.Size];
        PageRequestMessage.Write(payload, offset);
        try
        {
            _control?.Send(MessageType.PageRequest, payload);
        }
        catch (LinkException)
        {
            // Noticed elsewhere, and asked for again when the source comes again.
        }
        return false;
    }

    /// <summary>A connection for memory failed; from its thread.</summary>
    public void OnMemoryFailed() => _memoryFailed.Set();

    /// <summary>Stays until every page is there, or the guest's run is over. Owns everything, and gives it back.</summary>
    /// <param name="ended">Set when the guest's run is over.</param>
    public void Follow(WaitHandle ended)
    {
        try
        {
            while (true)
            {
                _isLost = false;
                PhaseReached?.Invoke(MigrationPhase.Pages);
                if (FollowLink(ended) is not { } lost)
                    break;
                _isLost = true;
                _control!.Abort();
                _memory!.Dispose();
                LinkLost?.Invoke(lost.Message, Left);
                PhaseReached?.Invoke(MigrationPhase.Recover);
                if (!Reconnect(ended))
                    break;
                TakenUp?.Invoke();
            }
        }
        finally
        {
            Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _decided.Set();
        _control?.Abort();
        _memory?.Dispose();
        Release();
        _control?.Dispose();
        listener.Dispose();
    }

    /// <returns>Why the link was lost; null when nothing more is needed.</returns>
    private VmmException? FollowLink(WaitHandle ended)
    {
        Channel control = _control!;
        WaitHandle[] events = [_server!.Completed, ended, _memoryFailed];
        long heard = Stopwatch.GetTimestamp();
        Heartbeat heartbeat = new(patience);
        try
        {
            while (true)
            {
                int which = WaitHandle.WaitAny(events, s_look);
                if (which is 0 or 1)
                {
                    SayComplete(control, ended);
                    return null;
                }
                if (which == 2 || _memory!.Failure is not null)
                    throw _memory!.Failure as VmmException ?? new LinkException("a connection for memory was lost");
                while (control.WaitForMessage(TimeSpan.Zero))
                {
                    if (control.Receive(MigrationPhase.Pages).Type == MessageType.Complete)
                        throw new ProtocolException("the source said that all is here before this side did");
                    heard = Stopwatch.GetTimestamp();
                }
                if (Stopwatch.GetElapsedTime(heard) > _silence)
                    throw new LinkException($"the source said nothing for {_silence.TotalSeconds:0} s");
                if (heartbeat.IsDue())
                    Say(control);
            }
        }
        catch (VmmException lost)
        {
            return IsComplete && (listener.IsSingle || ended.WaitOne(TimeSpan.Zero)) ? null : lost;
        }
    }

    /// <summary>Says that no page is needed any more, and stays until the source has heard it: else it would hold for ever what nobody needs.</summary>
    /// <exception cref="VmmException">It has not.</exception>
    private void SayComplete(Channel control, WaitHandle ended)
    {
        Say(control);
        control.Send(MessageType.Complete);
        PhaseReached?.Invoke(MigrationPhase.Done);
        long said = Stopwatch.GetTimestamp();
        while (!ended.WaitOne(TimeSpan.Zero))
        {
            if (control.WaitForMessage(s_look))
            {
                if (control.Receive(MigrationPhase.Pages).Type != MessageType.Complete)
                    continue;
                listener.Close();
                return;
            }
            if (Stopwatch.GetElapsedTime(said) > _silence)
                throw new LinkException($"the source did not say within {_silence.TotalSeconds:0} s that it has heard that all is here");
        }
        listener.Close();
        // Whoever waits for a page of a guest whose run is over is to go on.
        Release();
        control.CloseGently();
    }

    private void Say(Channel control) => control.Send(MessageType.Progress, Progress, MigrationJson.Default.MigrationProgress);

    /// <summary>Waits for the source to come again.</summary>
    /// <returns>False when the guest's run is over, or it needs nothing and nobody came to hear that.</returns>
    private bool Reconnect(WaitHandle ended)
    {
        long lost = Stopwatch.GetTimestamp();
        while (!ended.WaitOne(TimeSpan.Zero) && !(IsComplete && Stopwatch.GetElapsedTime(lost) > AnswersLate))
        {
            if (!TryAccept(ended, out Socket? socket))
                continue;
            Channel control = Channel.Over(socket, MessageRoute.ToDestination, Doorstep);
            if (StrangerBecause(control) is { } why)
            {
                control.TurnAway(why);
                continue;
            }
            try
            {
                TakeUp(control);
                return true;
            }
            catch (VmmException)
            {
                // The source was lost again: it may come once more.
                control.Dispose();
            }
        }
        Release();
        return false;
    }

    /// <summary>Why who has come is not the source; null when it is.</summary>
    private string? StrangerBecause(Channel control)
    {
        try
        {
            Message first = control.Receive(MigrationPhase.Recover);
            if (first.Type == MessageType.Hello)
                return "a guest that runs here waits for the rest of its memory (vmm migrate --recover at its source): no other one can come here";
            RecoverMessage recover = first.As(MigrationJson.Default.RecoverMessage);
            return recover.Protocol == Sending.MigrationSender.Protocol && door.Knows(recover.Session) ? null : "that is another migration";
        }
        catch (VmmException stranger)
        {
            return stranger.Message;
        }
    }

    private bool TryAccept(WaitHandle ended, [NotNullWhen(true)] out Socket? socket)
    {
        socket = null;
        try
        {
            socket = listener.TryAccept(s_look);
        }
        catch (VmmException)
        {
            // Closed: this process was told to stop, and the guest's run is about to end.
            ended.WaitOne();
        }
        return socket is not null;
    }

    private void TakeUp(Channel control)
    {
        DirtyBitmap missing = new(guest.Length);
        _server!.MarkMissing(missing);
        control.Send(MessageType.Missing, MissingMessage.Write(missing));
        Channel[] channels = door.Accept(control, offer.Connections + 1, () => throw new LinkException("the source has closed the connection"));
        _memoryFailed.Reset();
        MemoryReceiver memory = new(channels, guest, offer.Zstd, _ => { }, OnMemoryFailed, hasUrgent: true, _server);
        try
        {
            control.Send(MessageType.Attached);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
        Channel? before = _control;
        (_memory, _control) = (memory, control);
        before?.Dispose();
        _server.AskAgain();
    }

    private void Guard()
    {
        // Two: for the state, and for the word that it is ours.
        if (WaitHandle.WaitAny([_decided, _memoryFailed], patience * 2) == 0)
            return;
        lock (_releasing)
        {
            if (_decided.WaitOne(TimeSpan.Zero))
            {
                // It came in the same moment.
                _memoryFailed.Set();
                return;
            }
            Release();
        }
        _control!.StopReceiving();
    }

    /// <summary>Whoever waits for a page goes on. The machine has ended, or never ran.</summary>
    private void Release()
    {
        lock (_releasing)
        {
            if (_released)
                return;
            _released = true;
            // First: they place pages.
            _memory?.Dispose();
            _server?.Dispose();
        }
    }
}
