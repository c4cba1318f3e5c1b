using System.Runtime.InteropServices;
using Vmm.Devices.Backends;
using Vmm.Devices.Virtio.Spec;
using Vmm.Host;
using Vmm.Network;
using Xunit;

namespace Vmm.Tests.Vmm.Network;

/// <summary>A device as a back end sees it: it sends, receives, and is told.</summary>
internal sealed class Card : INetworkEvents, IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly EventLoop _loop;
    private readonly byte[] _header = GC.AllocateArray<byte>(NetworkDevice.HeaderSize, pinned: true);
    private readonly byte[] _buffer = GC.AllocateArray<byte>(70000, pinned: true);
    private readonly HostSegment[] _segments = new HostSegment[3];
    private readonly AutoResetEvent _frames = new(false);
    private readonly AutoResetEvent _room = new(false);
    private int _wakeups;

    public Card(Func<EventLoop, DescriptorBackend> open)
    {
        _loop = new EventLoop("card");
        try
        {
            Backend = open(_loop);
        }
        catch
        {
            _loop.Dispose();
            throw;
        }
        Backend.Attach(this);
    }

    public DescriptorBackend Backend { get; }
    public int Wakeups => Volatile.Read(ref _wakeups);

    /// <summary>Switches listening off as soon as it is told of frames.</summary>
    public bool StopsAtFrames { get; set; } = true;

    public void TellLoss(Action<Errno> onLost) => Backend.TellLoss(_loop, onLost);

    public NetworkSend Send(byte[] frame, int pair = 0)
    {
        _header.AsSpan().Clear();
        frame.CopyTo(_buffer, 0);
        int half = frame.Length / 2;
        _segments[0] = Segment(_header, 0, _header.Length);
        _segments[1] = Segment(_buffer, 0, half);
        _segments[2] = Segment(_buffer, half, frame.Length - half);
        return Backend.Send(pair, _segments);
    }

    /// <summary>What there is now, whatever it is; null for nothing.</summary>
    public byte[]? TryReceive(int pair = 0)
    {
        _header.AsSpan().Fill(0xEE);
        int count = ReceiveInto(pair);
        return count == 0 ? null : _buffer[..(count - NetworkDevice.HeaderSize)];
    }

    public int ReceiveInto(int pair = 0)
    {
        _segments[0] = Segment(_header, 0, _header.Length);
        _segments[1] = Segment(_buffer, 0, 20);
        _segments[2] = Segment(_buffer, 20, _buffer.Length - 20);
        return Backend.Receive(pair, _segments);
    }

    /// <summary>The next frame of the tests' own type, waiting for it as a device does.</summary>
    public byte[] Receive(int pair = 0)
    {
        while (true)
        {
            if (TryReceive(pair) is not { } frame)
            {
                Backend.Listen(pair, true);
                AwaitFrames();
            }
            else if (frame[12] == NetNamespace.TestType >> 8 && frame[13] == (NetNamespace.TestType & 0xff))
            {
                // A tap leaves num_buffers as it was: that field is the device's.
                Assert.Equal(-1, _header.AsSpan(..NetworkDevice.HeaderBuffers).IndexOfAnyExcept((byte)0));
                return frame;
            }
        }
    }

    public void AwaitFrames() => Assert.True(_frames.WaitOne(s_patience), "no frames came");

    public void AwaitRoom() => Assert.True(_room.WaitOne(s_patience), "no room came");

    /// <summary>Returns when the event thread has looked at its descriptors a few times.</summary>
    public void Settle()
    {
        for (int i = 0; i < 20; i++)
        {
            using ManualResetEventSlim done = new();
            _loop.Post(done.Set);
            Assert.True(done.Wait(s_patience, TestContext.Current.CancellationToken));
        }
    }

    public void FramesWaiting(int pair)
    {
        Interlocked.Increment(ref _wakeups);
        if (StopsAtFrames)
            Backend.Listen(pair, false);
        _frames.Set();
    }

    public void RoomAgain(int pair) => _room.Set();

    public void Dispose()
    {
        Backend.Dispose();
        _loop.Dispose();
        _frames.Dispose();
        _room.Dispose();
    }

    private static HostSegment Segment(byte[] array, int start, int length) => new(Marshal.UnsafeAddrOfPinnedArrayElement(array, start), (nuint)length);
}
