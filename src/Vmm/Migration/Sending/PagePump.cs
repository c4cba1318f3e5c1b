using Vmm.Guest.Memory;
using Vmm.Host;
using Vmm.Migration.Protocol;
using Vmm.Migration.Transport;

namespace Vmm.Migration.Sending;

/// <summary>Sends rounds of memory: a thread a connection, each of which takes the next pages that nobody has taken.</summary>
internal sealed unsafe class PagePump : IDisposable
{
    private const int StackSize = 256 << 10;

    /// <summary>How often who waits for a round may look around.</summary>
    private const int TickMilliseconds = 100;

    /// <summary>What the system can be asked to wait for; far beyond any migration's patience.</summary>
    private static readonly TimeSpan s_longestWait = TimeSpan.FromDays(1);

    private readonly object _lock = new();
    private readonly IReadOnlyList<Channel> _channels;
    private readonly nint _memory;
    private readonly bool _zstd;
    private readonly BandwidthLimit _limit;
    private readonly CancellationTokenSource _stop;
    private readonly ManualResetEvent _cut = new(initialState: false);
    private readonly WaitHandle[] _endsWait;
    // As the event is: to ask that costs more than to take a page.
    private volatile bool _isCut;
    private readonly List<Thread> _threads = [];
    private DirtyBitmap? _pages;
    private ulong _from;
    private uint _round;
    private bool _tellZero;
    private int _orders;
    private int _busy;
    private bool _over;
    private Exception? _failure;
    private ulong _remaining;
    private long _sent;
    private long _zero;

    /// <summary>Starts the threads.</summary>
    /// <param name="channels">The connections for memory.</param>
    /// <param name="memory">Where RAM is.</param>
    /// <param name="options">Whether to compress.</param>
    /// <param name="limit">How fast.</param>
    /// <param name="cancel">Ends a round between two messages.</param>
    public PagePump(IReadOnlyList<Channel> channels, nint memory, MigrationOptions options, BandwidthLimit limit, CancellationToken cancel)
    {
        (_channels, _memory, _zstd, _limit) = (channels, memory, options.Zstd, limit);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        _endsWait = [_stop.Token.WaitHandle, _cut];
        for (int i = 0; i < channels.Count; i++)
        {
            Channel channel = channels[i];
            Thread thread = new(() => Main(channel), StackSize) { Name = $"migrate{i}", IsBackground = true };
            HostThread.Start(thread);
            _threads.Add(thread);
        }
    }

    /// <summary>Bytes of RAM of this round that are not sent yet.</summary>
    public ulong Remaining => Volatile.Read(ref _remaining);

    /// <summary>Pages that were sent with content.</summary>
    public long Pages => Interlocked.Read(ref _sent);

    /// <summary>Pages that were looked at and were zero.</summary>
    public long ZeroPages => Interlocked.Read(ref _zero);

    /// <summary>Sends a round: its pages, and on every connection its end.</summary>
    /// <param name="round">Its number.</param>
    /// <param name="pages">Its pages; not touched meanwhile, and at the end without any but those that <see cref="CutShort"/> left.</param>
    /// <param name="tellZero">Whether pages that are zero are told: not in the first round, where the other side's are zero still.</param>
    /// <param name="tick">Called now and then; what it throws ends the round.</param>
    /// <exception cref="VmmException">A connection failed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public void Send(uint round, DirtyBitmap pages, bool tellZero, Action tick)
    {
        Load(round, pages, tellZero);
        Begin();
        try
        {
            while (!Wait())
                tick();
        }
        catch
        {
            _stop.Cancel();
            throw;
        }
        ThrowIfFailed();
    }

    /// <summary>Says which pages come next; single ones of them can be taken then.</summary>
    /// <inheritdoc cref="Send" path="/param"/>
    public void Load(uint round, DirtyBitmap pages, bool tellZero)
    {
        lock (_lock)
        {
            (_pages, _round, _tellZero, _from) = (pages, round, tellZero, 0);
            _isCut = false;
            _cut.Reset();
            Volatile.Write(ref _remaining, pages.Count() * DirtyBitmap.PageSize);
        }
    }

    /// <summary>Begins to send them, and does not wait.</summary>
    public void Begin()
    {
        lock (_lock)
        {
            _busy = _channels.Count;
            _orders++;
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Has the round under way end early, on every connection: what was not sent yet stays among its pages.</summary>
    public void CutShort()
    {
        _isCut = true;
        _cut.Set();
    }

    /// <summary>Takes a page out for another to send, and goes on with those behind it.</summary>
    /// <param name="offset">The page.</param>
    /// <returns>False when it was taken before, or is none of them.</returns>
    public bool TryTake(ulong offset)
    {
        lock (_lock)
        {
            if (_pages?.IsMarked(offset) != true)
                return false;
            Take(offset, PageMessage.PageSize);
            return true;
        }
    }

    /// <summary>Tells that a connection failed.</summary>
    /// <inheritdoc cref="Send" path="/exception"/>
    public void ThrowIfFailed()
    {
        Exception? failure;
        lock (_lock)
            failure = _failure;
        if (failure is not null)
            throw failure is OperationCanceledException ? new OperationCanceledException("the migration was cancelled", failure) : failure;
    }

    /// <summary>Ends the threads. Their connections were closed, or no round is under way.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _over = true;
            Monitor.PulseAll(_lock);
        }
        _stop.Cancel();
        foreach (Thread thread in _threads)
            thread.Join();
        _stop.Dispose();
        _cut.Dispose();
    }

    private bool Wait()
    {
        lock (_lock)
        {
            if (_busy > 0)
                Monitor.Wait(_lock, TickMilliseconds);
            return _busy == 0;
        }
    }

    private void Main(Channel channel)
    {
        using PageBatch batch = new(_zstd);
        for (int done = 0; WaitForOrder(done); done++)
        {
            Exception? failure = null;
            try
            {
                SendRound(channel, batch);
            }
            catch (Exception failed)
            {
                // Whatever it is: an exception that leaves a thread takes the guest along.
                failure = failed;
                // One connection that fails is the end of all: the others need not go on.
                _stop.Cancel();
            }
            lock (_lock)
            {
                // A connection's own failure says more than that the others were stopped for it.
                if (_failure is null or OperationCanceledException)
                    _failure = failure ?? _failure;
                _busy--;
                Monitor.PulseAll(_lock);
            }
        }
    }

    private bool WaitForOrder(int done)
    {
        lock (_lock)
        {
            while (_orders == done && !_over)
                Monitor.Wait(_lock);
            return !_over;
        }
    }

    private void SendRound(Channel channel, PageBatch batch)
    {
        while (TryTake(out ulong start, out ulong length))
        {
            for (ulong end = start + length; start < end; start += PageMessage.PageSize)
            {
                bool content = batch.Add(start, new ReadOnlySpan<byte>((void*)(_memory + (nint)start), PageMessage.PageSize), _tellZero);
                Interlocked.Increment(ref content ? ref _sent : ref _zero);
                if (batch.IsFull)
                    Flush(channel, batch);
            }
            _stop.Token.ThrowIfCancellationRequested();
        }
        if (!batch.IsEmpty)
            Flush(channel, batch);
        Span<byte> round = stackalloc byte[sizeof(uint)];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(round, _round);
        channel.Send(MessageType.RoundEnd, round);
    }

    private void Flush(Channel channel, PageBatch batch)
    {
        Span<byte> frame = batch.Finish(_round).Span;
        TimeSpan delay = _limit.Delay(frame.Length);
        if (delay > TimeSpan.Zero && WaitHandle.WaitAny(_endsWait, delay < s_longestWait ? delay : s_longestWait) != WaitHandle.WaitTimeout)
        {
            _stop.Token.ThrowIfCancellationRequested();
            PutBack(batch, frame.Length);
            return;
        }
        channel.SendFrame(MessageType.Pages, frame);
    }

    /// <summary>The round was cut short before a message's turn came.</summary>
    private void PutBack(PageBatch batch, int bytes)
    {
        _limit.GiveBack(bytes);
        lock (_lock)
        {
            Volatile.Write(ref _remaining, _remaining + batch.PutBack(_pages!, out int content));
            Interlocked.Add(ref _sent, -content);
        }
    }

    /// <summary>Takes the next pages: no more than one message has, so that connections end a round together.</summary>
    private bool TryTake(out ulong start, out ulong length)
    {
        const ulong most = PageMessage.MostPages * (ulong)PageMessage.PageSize;
        lock (_lock)
        {
            (start, length) = (0, 0);
            if (_isCut)
                return false;
            if (!_pages!.TryTakeRun(ref _from, out start, out length))
            {
                // Those that lie before the last one that was asked for in between.
                _from = 0;
                if (!_pages.TryTakeRun(ref _from, out start, out length))
                    return false;
            }
            length = Math.Min(length, most);
            Take(start, length);
            return true;
        }
    }

    private void Take(ulong start, ulong length)
    {
        _pages!.Unmark(start, length);
        _from = start + length;
        Volatile.Write(ref _remaining, _remaining - length);
    }
}
