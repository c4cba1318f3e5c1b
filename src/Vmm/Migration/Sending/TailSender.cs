using System.Diagnostics;
using Vmm.Guest.Memory;
using Vmm.Host;
using Vmm.Migration.Protocol;
using Vmm.Migration.Transport;

namespace Vmm.Migration.Sending;

/// <summary>
/// Sends what is still missing where the guest runs already: what it waits for at once, on a connection of its own, and the rest on
/// the others meanwhile, from there on. On one thread, but for the pump's.
/// </summary>
internal sealed unsafe class TailSender : IDisposable
{
    /// <summary>The destination closes its place, and then the connection.</summary>
    private const int FarewellMilliseconds = 5000;

    /// <summary>How long who waits for a request may take to look around.</summary>
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan s_lastWords = TimeSpan.FromMilliseconds(500);

    private readonly IMigratingGuest _guest;
    private readonly Channel _control;
    private readonly PagePump _pump;
    private readonly Channel _urgent;
    private readonly uint _round;
    private readonly PageBatch _batch = new(compress: false);

    /// <summary>Pages can be asked for from now on; the rest is not sent before the pump is begun.</summary>
    /// <param name="guest">Held: its memory does not change any more.</param>
    /// <param name="control">Where requests come.</param>
    /// <param name="pump">Sends the rest.</param>
    /// <param name="urgent">The connection for what is waited for.</param>
    /// <param name="round">The number of the round that this is for the destination.</param>
    /// <param name="missing">The pages; has none at the end.</param>
    public TailSender(IMigratingGuest guest, Channel control, PagePump pump, Channel urgent, uint round, DirtyBitmap missing)
    {
        (_guest, _control, _pump, _urgent, _round) = (guest, control, pump, urgent, round);
        pump.Load(round, missing, tellZero: true);
    }

    /// <summary>Pages that were sent because they were waited for.</summary>
    public long Pages { get; private set; }

    /// <summary>What the destination said last.</summary>
    public MigrationProgress There { get; private set; } = new();

    /// <summary>Sends all until the destination has everything.</summary>
    /// <param name="patience">How long the destination may be silent.</param>
    /// <param name="tick">Called now and then.</param>
    /// <exception cref="VmmException">The link was lost.</exception>
    public void Follow(TimeSpan patience, Action tick)
    {
        try
        {
            FollowUntilComplete(patience, tick);
        }
        catch (LinkException) when (HasSaidComplete())
        {
            // It has closed the connections because it needs them no more, and its word was still on its way.
        }
        Confirm();
    }

    /// <summary>The destination need not wait for who asks once more, and its place is free before this side says that all is well.</summary>
    private void Confirm()
    {
        try
        {
            _control.Send(MessageType.Complete);
        }
        catch (LinkException)
        {
            // It waits for a while then, and has everything all the same.
        }
        _control.CloseGently(FarewellMilliseconds);
    }

    /// <summary>After a connection was lost: whether the destination had everything before.</summary>
    private bool HasSaidComplete()
    {
        try
        {
            while (_control.WaitForMessage(s_lastWords))
            {
                if (_control.Receive(MigrationPhase.Pages).Type == MessageType.Complete)
                    return true;
            }
        }
        catch (VmmException)
        {
            // It says nothing more.
        }
        return false;
    }

    private void FollowUntilComplete(TimeSpan patience, Action tick)
    {
        long heard = Stopwatch.GetTimestamp();
        long ticked = heard;
        while (true)
        {
            if (_control.WaitForMessage(s_look))
            {
                Message message = _control.Receive(MigrationPhase.Pages);
                heard = Stopwatch.GetTimestamp();
                if (message.Type == MessageType.Complete)
                    return;
                if (!TryTake(message))
                    throw new ProtocolException($"the destination said {message.Type} while pages follow");
            }
            else if (Stopwatch.GetElapsedTime(heard) > patience)
            {
                throw new LinkException($"the destination said nothing for {patience.TotalSeconds:0} s");
            }
            ThrowIfFailed();
            if (Stopwatch.GetElapsedTime(ticked) < s_look)
                continue;
            ticked = Stopwatch.GetTimestamp();
            tick();
        }
    }

    /// <summary>Does what a message asks for, if it is one of those that come while pages are missing.</summary>
    public bool TryTake(Message message)
    {
        switch (message.Type)
        {
            case MessageType.PageRequest:
                SendNow(PageRequestMessage.Read(message.Payload, _guest.Length));
                return true;
            case MessageType.Progress:
                There = ProgressMessage.Read(message);
                return true;
            default:
                return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _batch.Dispose();

    private void ThrowIfFailed()
    {
        try
        {
            _pump.ThrowIfFailed();
        }
        catch (OperationCanceledException stopped)
        {
            // Nobody cancels what follows: another connection was lost, which is told next.
            throw new LinkException("a connection for memory was lost", stopped);
        }
    }

    /// <summary>Sends all of the host's page that somebody waits for.</summary>
    private void SendNow(ulong offset)
    {
        ulong start = offset & ~(_guest.PageSize - 1);
        for (ulong at = start; at < start + _guest.PageSize; at += PageMessage.PageSize)
        {
            // One that is under way already, or was never missing, needs no answer.
            if (!_pump.TryTake(at))
                continue;
            _batch.Add(at, new ReadOnlySpan<byte>((void*)(_guest.Memory + (nint)at), PageMessage.PageSize), tellZero: true);
            Pages++;
            if (_batch.IsFull)
                Flush();
        }
        if (!_batch.IsEmpty)
            Flush();
    }

    private void Flush() => _urgent.SendFrame(MessageType.Pages, _batch.Finish(_round).Span);
}
