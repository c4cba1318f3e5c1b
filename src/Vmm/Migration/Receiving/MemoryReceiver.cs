using Vmm.Host;
using Vmm.Migration.Protocol;
using Vmm.Migration.Transport;
using Vmm.Snapshot.Memory;

namespace Vmm.Migration.Receiving;

/// <summary>
/// Puts the pages that come on the connections for memory into place: a thread a connection. At first straight into RAM; from
/// <see cref="Arm"/> on through who serves it to a guest that may run.
/// </summary>
internal sealed unsafe class MemoryReceiver : IDisposable
{
    private const int StackSize = 256 << 10;

    private readonly IReadOnlyList<Channel> _channels;
    private readonly IIncomingGuest _guest;
    private readonly bool _zstd;
    private readonly Action _failed;
    private readonly List<Thread> _threads = [];
    private readonly int _urgent;
    // Whoever writes to RAM itself has it for reading: it is not taken away underneath.
    private readonly ReaderWriterLockSlim _arming = new();
    private PageServer? _server;
    private PageAssembly? _assembly;
    private Exception? _failure;
    private long _received;

    /// <summary>Starts the threads.</summary>
    /// <param name="channels">The connections.</param>
    /// <param name="guest">Whose memory it is.</param>
    /// <param name="zstd">Whether compressed pages were agreed on.</param>
    /// <param name="roundDone">Called when a round is in place.</param>
    /// <param name="failed">Called when a connection fails, on its thread.</param>
    /// <param name="hasUrgent">Whether the last connection is for pages that the guest waits for.</param>
    /// <param name="server">Who serves RAM, if the guest runs already.</param>
    public MemoryReceiver(IReadOnlyList<Channel> channels, IIncomingGuest guest, bool zstd, Action<uint> roundDone, Action failed, bool hasUrgent, PageServer? server = null)
    {
        (_channels, _guest, _zstd, _failed, _server) = (channels, guest, zstd, failed, server);
        _assembly = server is null ? null : PageAssembly.For(server, guest.Length);
        _urgent = hasUrgent ? channels.Count - 1 : -1;
        Rounds = new RoundBook(hasUrgent ? channels.Count - 1 : channels.Count, guest.Length, roundDone);
        for (int i = 0; i < channels.Count; i++)
        {
            int index = i;
            Thread thread = new(() => Main(index), StackSize) { Name = $"migrate{i}", IsBackground = true };
            HostThread.Start(thread);
            _threads.Add(thread);
        }
    }

    /// <summary>Where the connections are.</summary>
    public RoundBook Rounds { get; }

    /// <summary>Why a connection failed; null while none has.</summary>
    public Exception? Failure => Volatile.Read(ref _failure);

    /// <summary>Bytes of messages with pages.</summary>
    public long Received => Interlocked.Read(ref _received);

    /// <summary>Has the guest's RAM served from here on; all that comes is placed through who does that.</summary>
    /// <param name="arm">Begins to serve it. Nobody writes to it meanwhile.</param>
    /// <exception cref="ProtocolException">A round is under way.</exception>
    public PageServer Arm(Func<PageServer> arm)
    {
        _arming.EnterWriteLock();
        try
        {
            if (!Rounds.IsBetweenRounds)
                throw new ProtocolException("the list of missing pages came within a round of memory");
            _server = arm();
            _assembly = PageAssembly.For(_server, _guest.Length);
            return _server;
        }
        finally
        {
            _arming.ExitWriteLock();
        }
    }

    /// <summary>Ends the threads and the connections.</summary>
    public void Dispose()
    {
        foreach (Channel channel in _channels)
            channel.Abort();
        foreach (Thread thread in _threads)
            thread.Join();
        foreach (Channel channel in _channels)
            channel.Dispose();
        _arming.Dispose();
        _assembly?.Dispose();
    }

    private void Main(int index)
    {
        try
        {
            using PageReader reader = new(_guest.Length, _zstd);
            byte[] payload = new byte[PageMessage.LargestPayload];
            Channel channel = _channels[index];
            if (_urgent >= 0)
                channel.WaitForEver();
            // A connection that is closed between two messages is no failure by itself: the first connection tells what happened.
            while (channel.ReceiveHeader(MigrationPhase.Rounds) is { } header)
            {
                Span<byte> message = payload.AsSpan(0, (int)header.Length);
                channel.ReceivePayload(header, message);
                _arming.EnterReadLock();
                try
                {
                    Take(index, header.Type, message, reader);
                }
                finally
                {
                    _arming.ExitReadLock();
                }
                Interlocked.Add(ref _received, header.Length);
            }
            // While the guest waits for pages it is: nobody else notices as soon.
            if (_server is not null)
                _failed();
        }
        catch (Exception failed) when (failed is VmmException or HostException)
        {
            Interlocked.CompareExchange(ref _failure, failed, null);
            _failed();
        }
    }

    private void PlaceInRound(uint round, ReadOnlySpan<PageRun> runs, ReadOnlySpan<byte> content)
    {
        if (round == 0)
            Populate(runs);
        Place(runs, content);
    }

    /// <summary>Has the kernel give a message's pages at once, which costs less than as many faults. A host that cannot leaves it to the faults.</summary>
    private void Populate(ReadOnlySpan<PageRun> runs)
    {
        foreach (ref readonly PageRun run in runs)
        {
            if (!run.IsZero && run.Length > PageMessage.PageSize)
                _ = Linux.madvise(_guest.Memory + (nint)run.Offset, (nuint)run.Length, Linux.MADV_POPULATE_WRITE);
        }
    }

    private void Take(int index, MessageType type, Span<byte> message, PageReader reader)
    {
        if (type == MessageType.RoundEnd)
        {
            // What follows after the start ends when all is there, however many connections have said so.
            if (_server is null)
                Rounds.End(index, new Message(type, message.ToArray()).AsNumber());
            return;
        }
        ReadOnlySpan<PageRun> runs = reader.Read(message, out ReadOnlySpan<byte> content);
        if (index == _urgent)
            Rounds.EnterAsked(reader.Round, runs);
        else
            Rounds.Enter(index, reader.Round, runs);
        if (_server is { } server)
            Place(server, _assembly, runs, content);
        else if (index == _urgent)
            throw new ProtocolException("pages came on the connection for those that are waited for, before any could be");
        else
            PlaceInRound(reader.Round, runs, content);
    }

    private static void Place(PageServer server, PageAssembly? assembly, ReadOnlySpan<PageRun> runs, ReadOnlySpan<byte> content)
    {
        foreach (ref readonly PageRun run in runs)
        {
            CheckMissing(server, run);
            if (assembly is not null)
            {
                ReadOnlySpan<byte> pages = run.IsZero ? default : content[..(int)run.Length];
                assembly.Add(run, pages);
                content = content[pages.Length..];
                continue;
            }
            if (run.IsZero)
            {
                server.PlaceZeros(run.Offset, run.Length);
                continue;
            }
            server.Place(run.Offset, content[..(int)run.Length]);
            content = content[(int)run.Length..];
        }
    }

    /// <summary>A page that is right as it is would be counted in the place of one that is not.</summary>
    private static void CheckMissing(PageServer server, in PageRun run)
    {
        for (ulong at = run.Offset; at < run.Offset + run.Length; at += PageMessage.PageSize)
        {
            if (server.IsPlaced(at))
                throw new ProtocolException($"the page at 0x{at:x} came, which was not missing");
        }
    }

    private void Place(ReadOnlySpan<PageRun> runs, ReadOnlySpan<byte> content)
    {
        foreach (ref readonly PageRun run in runs)
        {
            // A run with content has at most a message's bytes; one of zeros may be of any size.
            for (ulong done = 0; done < run.Length;)
            {
                int length = (int)Math.Min(run.Length - done, PageMessage.MostPages * PageMessage.PageSize);
                Span<byte> there = new((void*)(_guest.Memory + (nint)(run.Offset + done)), length);
                if (!run.IsZero)
                {
                    content[..length].CopyTo(there);
                    content = content[length..];
                }
                else if (there.ContainsAnyExcept((byte)0))
                {
                    // Only then: a page that was never written needs no memory.
                    there.Clear();
                }
                done += (ulong)length;
            }
        }
    }
}
