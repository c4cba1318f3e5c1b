using System.Net.Sockets;
using Vmm.Host;

namespace Vmm.Migration.Transport.Single;

/// <summary>
/// Makes one connection look like the two that a migration needs, for control and for memory: each is the near end of a pair of Unix
/// sockets, and threads carry what goes through it in pieces that say whose they are. Ends go through as well.
/// </summary>
internal sealed unsafe class SingleConnection : IDisposable
{
    /// <summary>Control and memory.</summary>
    public const int MostLanes = 2;

    private const int StackSize = 256 << 10;

    /// <summary>How long what was said last may take to get out, and the other side to end, once this side has.</summary>
    private const int LastWordsMilliseconds = 2000;

    private readonly Socket _wire;
    private readonly bool _accepts;
    private readonly object _lock = new();
    private readonly Lock _sending = new();
    private readonly List<Socket> _lanes = [];
    private readonly List<Thread> _outwards = [];
    private readonly Queue<Socket> _waiting = [];
    private readonly Thread _inwards;
    private bool _over;

    /// <summary>Begins.</summary>
    /// <param name="wire">The connection; owned from now on.</param>
    /// <param name="accepts">Whether the other side makes the lanes, rather than this one.</param>
    public SingleConnection(Socket wire, bool accepts)
    {
        (_wire, _accepts) = (wire, accepts);
        _inwards = new Thread(Inwards, StackSize) { Name = "lanes-in", IsBackground = true };
        HostThread.Start(_inwards);
    }

    /// <summary>A descriptor as a socket.</summary>
    /// <param name="connection">Owned from now on.</param>
    public static Socket SocketOf(SafeFd connection)
    {
        int number = connection.Number;
        connection.SetHandleAsInvalid();
        Socket socket = new(new SafeSocketHandle(number, ownsHandle: true));
        // Whoever made it may have wanted otherwise.
        socket.Blocking = true;
        if (socket.AddressFamily is AddressFamily.InterNetwork or AddressFamily.InterNetworkV6)
            socket.NoDelay = true;
        return socket;
    }

    /// <summary>Makes a lane.</summary>
    /// <exception cref="LinkException">The connection is lost, or has as many as there can be.</exception>
    public Socket Open()
    {
        lock (_lock)
        {
            if (_over || _lanes.Count == MostLanes)
                throw new LinkException(_over ? "the connection was lost" : $"one connection carries {MostLanes} lanes at most");
            return AddLane();
        }
    }

    /// <summary>Waits for a lane that the other side makes.</summary>
    /// <param name="most">How long at most.</param>
    /// <returns>Null when none came.</returns>
    /// <exception cref="LinkException">The connection is over: none will come.</exception>
    public Socket? TryAccept(TimeSpan most)
    {
        long deadline = Environment.TickCount64 + (most == Timeout.InfiniteTimeSpan ? int.MaxValue : (long)most.TotalMilliseconds);
        lock (_lock)
        {
            while (_waiting.Count == 0)
            {
                if (_over)
                    throw new LinkException("the connection has ended");
                if (deadline - Environment.TickCount64 is not (long left and > 0))
                    return null;
                Monitor.Wait(_lock, (int)Math.Min(left, int.MaxValue));
            }
            return _waiting.Dequeue();
        }
    }

    /// <summary>Ends everything at once, from any thread.</summary>
    public void Abort()
    {
        Shutdown(_wire, SocketShutdown.Both);
        End();
    }

    /// <summary>Ends it, when the near ends were closed: what was said still gets out.</summary>
    public void Dispose()
    {
        Thread[] outwards;
        lock (_lock)
        {
            while (_waiting.TryDequeue(out Socket? nobodys))
                nobodys.Dispose();
            outwards = [.. _outwards];
        }
        long deadline = Environment.TickCount64 + LastWordsMilliseconds;
        bool isOut = outwards.All(thread => thread.Join((int)Math.Max(deadline - Environment.TickCount64, 0)));
        Shutdown(_wire, isOut ? SocketShutdown.Send : SocketShutdown.Both);
        _inwards.Join((int)Math.Max(deadline - Environment.TickCount64, 0));
        Abort();
        _inwards.Join();
        Array.ForEach(outwards, thread => thread.Join());
        _lanes.ForEach(lane => lane.Dispose());
        _wire.Dispose();
    }

    /// <summary>Adds a lane; with the lock held. Returns its near end.</summary>
    private Socket AddLane()
    {
        int* ends = stackalloc int[2];
        if (Linux.socketpair(Linux.AF_UNIX, Linux.SOCK_STREAM | Linux.SOCK_CLOEXEC, 0, ends) < 0)
            throw HostException.Last("socketpair");
        Socket near = new(new SafeSocketHandle(ends[0], ownsHandle: true));
        Socket far = new(new SafeSocketHandle(ends[1], ownsHandle: true));
        uint number = (uint)_lanes.Count;
        Thread outwards = new(() => Outwards(number, far), StackSize) { Name = "lane-out", IsBackground = true };
        try
        {
            HostThread.Start(outwards);
        }
        catch
        {
            near.Dispose();
            far.Dispose();
            throw;
        }
        _lanes.Add(far);
        _outwards.Add(outwards);
        return near;
    }

    /// <summary>From a lane's near end to the other side, until this side's end.</summary>
    private void Outwards(uint lane, Socket far)
    {
        byte[] piece = new byte[LaneHeader.Size + LaneHeader.LargestPiece];
        int got;
        do
        {
            got = Receive(far, piece.AsSpan(LaneHeader.Size));
            new LaneHeader(lane, (uint)got).Write(piece);
            lock (_sending)
            {
                if (TrySend(_wire, piece.AsSpan(0, LaneHeader.Size + got)))
                    continue;
            }
            Abort();
            return;
        }
        while (got > 0);
    }

    /// <summary>From the other side to the near ends, until its end.</summary>
    private void Inwards()
    {
        byte[] piece = new byte[LaneHeader.LargestPiece];
        Span<byte> header = stackalloc byte[LaneHeader.Size];
        while (ReceiveAll(header))
        {
            LaneHeader next = LaneHeader.Read(header);
            if (next.Length > LaneHeader.LargestPiece || LaneOf(next.Lane) is not { } lane)
                break;
            Span<byte> content = piece.AsSpan(0, (int)next.Length);
            if (!ReceiveAll(content))
                break;
            if (content.IsEmpty)
                Shutdown(lane, SocketShutdown.Send);
            else
                // Who has closed it wants no more of it; the other lane goes on.
                _ = TrySend(lane, content);
        }
        End();
    }

    /// <summary>The lane of that number, if there is one or may be one now.</summary>
    private Socket? LaneOf(uint number)
    {
        lock (_lock)
        {
            if (number < (uint)_lanes.Count)
                return _lanes[(int)number];
            if (!_accepts || number != (uint)_lanes.Count || number >= MostLanes)
                return null;
            try
            {
                _waiting.Enqueue(AddLane());
            }
            catch (Exception refused) when (refused is HostException or VmmException)
            {
                return null;
            }
            Monitor.PulseAll(_lock);
            return _lanes[^1];
        }
    }

    /// <summary>Nothing more comes: the near ends read what has come, and then their end.</summary>
    private void End()
    {
        lock (_lock)
        {
            _over = true;
            _lanes.ForEach(lane => Shutdown(lane, SocketShutdown.Both));
            Monitor.PulseAll(_lock);
        }
    }

    private bool ReceiveAll(Span<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int got = Receive(_wire, bytes);
            if (got == 0)
                return false;
            bytes = bytes[got..];
        }
        return true;
    }

    private static int Receive(Socket socket, Span<byte> bytes)
    {
        try
        {
            return socket.Receive(bytes);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            return 0;
        }
    }

    private static bool TrySend(Socket socket, ReadOnlySpan<byte> bytes)
    {
        try
        {
            while (!bytes.IsEmpty)
                bytes = bytes[socket.Send(bytes)..];
            return true;
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    private static void Shutdown(Socket socket, SocketShutdown how)
    {
        try
        {
            socket.Shutdown(how);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // Over already.
        }
    }
}
