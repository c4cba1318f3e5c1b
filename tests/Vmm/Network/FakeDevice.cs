using System.Collections.Concurrent;
using Vmm.Devices.Backends;

namespace Vmm.Tests.Vmm.Network;

/// <summary>A device that takes every frame at once, and sends what it is told on the event thread.</summary>
internal sealed unsafe class FakeDevice(INetworkBackend backend) : INetworkEvents
{
    private const int HeaderSize = 12;
    private readonly byte[] _header = GC.AllocateArray<byte>(HeaderSize, pinned: true);
    private readonly byte[] _room = GC.AllocateArray<byte>(1 << 17, pinned: true);

    /// <summary>What came.</summary>
    public BlockingCollection<byte[]> Received { get; } = [];

    /// <summary>How often room was promised.</summary>
    public SemaphoreSlim Room { get; } = new(0);

    /// <summary>The most frames it takes at once.</summary>
    public int Budget { get; init; } = int.MaxValue;

    public void FramesWaiting(int pair)
    {
        for (int taken = 0; taken < Budget && TakeOne() is int length and > 0; taken++)
            Received.Add(_room[..length]);
    }

    /// <summary>Receives a frame and forgets it.</summary>
    /// <returns>Its length; 0 when there is none.</returns>
    public int TakeOne()
    {
        Array.Fill(_header, (byte)0xff);
        // In three parts, one of them odd: frames end wherever they like in guest memory.
        Span<HostSegment> into = [Segment(_header, 0, HeaderSize), Segment(_room, 0, 15), Segment(_room, 15, 1000), Segment(_room, 1015, _room.Length - 1015)];
        int stored = backend.Receive(0, into);
        if (stored > 0 && _header.AsSpan().ContainsAnyExcept((byte)0))
            throw new InvalidOperationException("the header is not empty");
        return Math.Max(0, stored - HeaderSize);
    }

    public void RoomAgain(int pair) => Room.Release();

    /// <summary>Sends one frame in two parts.</summary>
    public NetworkSend Send(byte[] frame)
    {
        int cut = Math.Min(14, frame.Length);
        fixed (byte* start = frame)
            return backend.Send(0, [Segment(_header, 0, HeaderSize), new((nint)start, (nuint)cut), new((nint)(start + cut), (nuint)(frame.Length - cut))]);
    }

    private static HostSegment Segment(byte[] pinned, int offset, int length)
    {
        fixed (byte* start = pinned)
            return new((nint)(start + offset), (nuint)length);
    }
}
