using Vmm.Devices.Backends;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Tests.Devices.Virtio.Net;

/// <summary>A network without a host: frames wait until the device reads them, and what it sends is kept.</summary>
internal sealed unsafe class FakeNetwork : INetworkBackend
{
    public const NetworkOffloads All = NetworkOffloads.Checksum | NetworkOffloads.Tso4 | NetworkOffloads.Tso6 | NetworkOffloads.Ecn | NetworkOffloads.Uso;

    private readonly byte[] _scratch = new byte[1 << 17];
    private readonly Queue<byte[]>[] _waiting;
    private readonly bool[] _listening;
    private INetworkEvents _events = null!;

    public FakeNetwork(int pairs = 1)
    {
        QueuePairs = pairs;
        _waiting = [.. Enumerable.Range(0, pairs).Select(_ => new Queue<byte[]>())];
        _listening = new bool[pairs];
    }

    public NetworkOffloads SendOffloads { get; init; } = All;
    public NetworkOffloads ReceiveOffloads { get; init; } = All;
    public int QueuePairs { get; }
    public ushort? Mtu { get; init; }
    public INetworkEngine? Engine { get; init; }

    /// <summary>Frames that it still takes before it would block.</summary>
    public int Room { get; set; } = int.MaxValue;

    /// <summary>Takes no frame, now or later.</summary>
    public bool Refuses { get; set; }

    /// <summary>Whether what is sent is kept. Keeping it allocates.</summary>
    public bool IsLogging { get; set; } = true;

    /// <summary>The same frame waits for ever on pair 0.</summary>
    public byte[]? Flood { get; set; }

    /// <summary>What was sent, header included.</summary>
    public List<(int Pair, byte[] Frame)> Sent { get; } = [];

    /// <summary>Told how many pairs are in use.</summary>
    public Action<int>? PairsSet { get; init; }

    /// <summary>Runs while a frame is sent or received, without the device's lock.</summary>
    public Action? Meanwhile { get; set; }

    public long SentCount { get; private set; }
    public int Wakeups { get; private set; }
    public int Receives { get; private set; }
    public NetworkOffloads Accepted { get; private set; }
    public int PairsInUse { get; private set; } = 1;

    public int Waiting(int pair = 0) => _waiting[pair].Count;

    public bool IsListening(int pair = 0) => _listening[pair];

    /// <summary>A frame arrives.</summary>
    public void Arrive(byte[] frame, int pair = 0, byte[]? header = null) =>
        _waiting[pair].Enqueue([.. header ?? new byte[NetworkDevice.HeaderSize], .. frame]);

    /// <summary>One wake-up of the event thread, as epoll would make it.</summary>
    public bool Wake()
    {
        bool woke = false;
        for (int pair = 0; pair < QueuePairs; pair++)
        {
            if (!_listening[pair] || (_waiting[pair].Count == 0 && !(Flood is not null && pair == 0)))
                continue;
            woke = true;
            Wakeups++;
            _events.FramesWaiting(pair);
        }
        return woke;
    }

    /// <summary>There is room again.</summary>
    public void MakeRoom(int frames, int pair = 0)
    {
        Room = frames;
        _events.RoomAgain(pair);
    }

    public void Attach(INetworkEvents events) => _events = events;

    public NetworkSend Send(int pair, ReadOnlySpan<HostSegment> frame)
    {
        RunMeanwhile();
        if (Refuses)
            return NetworkSend.Dropped;
        if (Room == 0)
            return NetworkSend.WouldBlock;
        Room--;
        SentCount++;
        int length = 0;
        foreach (ref readonly HostSegment segment in frame)
        {
            new ReadOnlySpan<byte>((void*)segment.Address, (int)segment.Length).CopyTo(_scratch.AsSpan(length));
            length += (int)segment.Length;
        }
        if (IsLogging)
            Sent.Add((pair, _scratch[..length]));
        return NetworkSend.Sent;
    }

    public int Receive(int pair, ReadOnlySpan<HostSegment> into)
    {
        Receives++;
        RunMeanwhile();
        byte[]? frame = pair == 0 && Flood is not null ? Flood : _waiting[pair].TryDequeue(out byte[]? next) ? next : null;
        if (frame is null)
            return 0;
        int done = 0;
        foreach (ref readonly HostSegment segment in into)
        {
            int count = (int)Math.Min(segment.Length, (nuint)(frame.Length - done));
            frame.AsSpan(done, count).CopyTo(new Span<byte>((void*)segment.Address, count));
            done += count;
        }
        return done;
    }

    public void Listen(int pair, bool on) => _listening[pair] = on;

    public void SetReceiveOffloads(NetworkOffloads offloads) => Accepted = offloads;

    public void SetQueuePairs(int pairs)
    {
        PairsInUse = pairs;
        PairsSet?.Invoke(pairs);
    }

    private void RunMeanwhile()
    {
        Action? action = Meanwhile;
        Meanwhile = null;
        action?.Invoke();
    }
}
