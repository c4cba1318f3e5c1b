using Vmm.Devices.Backends;
using Vmm.Host;
using Vmm.Network.Passt;
using Xunit;

namespace Vmm.Tests.Vmm.Network;

public sealed class StreamBackendTests
{
    private static CancellationToken Patience => new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(64)]
    [InlineData(100_000)]
    public void Frames_arrive_whole_wherever_the_stream_is_cut(int piece)
    {
        using StreamRig rig = new();
        byte[][] frames = [StreamRig.Frame(14), StreamRig.Frame(60, 1), StreamRig.Frame(1514, 2), StreamRig.Frame(15, 3), StreamRig.Frame(piece < 64 ? 200 : FrameLengths.Largest, 4)];
        rig.Backend.Listen(0, true);
        byte[] all = StreamRig.Framed(frames);
        for (int at = 0; at < all.Length; at += piece)
            rig.Write(all.AsSpan(at, Math.Min(piece, all.Length - at)));
        foreach (byte[] frame in frames)
            Assert.Equal(frame, rig.Device.Received.Take(Patience));
    }

    [Fact]
    public void Flood_of_frames_arrives_whole_and_in_order()
    {
        using StreamRig rig = new(budget: 16);
        rig.Backend.Listen(0, true);
        Random random = new(1);
        byte[][] frames = [.. Enumerable.Range(0, 3000).Select(i => StreamRig.Frame(random.Next(14, 4000), i))];
        Thread writer = new(() => rig.Write(StreamRig.Framed(frames)));
        writer.Start();
        foreach (byte[] frame in frames)
            Assert.Equal(frame, rig.Device.Received.Take(Patience));
        writer.Join();
    }

    [Fact]
    [Trait("Row", "40")]
    public void Device_that_does_not_listen_gets_nothing_and_everything_when_it_does()
    {
        using StreamRig rig = new();
        byte[][] frames = [StreamRig.Frame(100), StreamRig.Frame(200, 1), StreamRig.Frame(300, 2)];
        rig.Write(StreamRig.Framed(frames));
        // The loop has been through whatever it would have been told by now.
        for (int turn = 0; turn < 3; turn++)
            rig.OnLoop(() => true);
        Assert.Empty(rig.Device.Received);
        rig.Backend.Listen(0, true);
        foreach (byte[] frame in frames)
            Assert.Equal(frame, rig.Device.Received.Take(Patience));
    }

    [Fact]
    [Trait("Row", "40")]
    public void Frames_that_were_read_ahead_come_when_the_device_listens_again()
    {
        using StreamRig rig = new(budget: 1);
        byte[][] frames = [StreamRig.Frame(100), StreamRig.Frame(200, 1), StreamRig.Frame(300, 2)];
        rig.Write(StreamRig.Framed(frames));
        rig.OnLoop(() =>
        {
            rig.Device.FramesWaiting(0);
            return true;
        });
        Assert.Equal(frames[0], rig.Device.Received.Take(Patience));
        rig.Backend.Listen(0, true);
        Assert.Equal(frames[1], rig.Device.Received.Take(Patience));
        Assert.Equal(frames[2], rig.Device.Received.Take(Patience));
    }

    [Theory]
    [InlineData(0xffffffffu)]
    [InlineData(0x80000000u)]
    [InlineData(0x7fffffffu)]
    [InlineData(FrameLengths.Largest + 1u)]
    [Trait("Row", "39")]
    public async Task Length_that_no_frame_has_ends_the_stream(uint length)
    {
        using StreamRig rig = new();
        rig.Backend.Listen(0, true);
        rig.Write(StreamRig.Framed(StreamRig.Frame(60)));
        rig.Write([(byte)(length >> 24), (byte)(length >> 16), (byte)(length >> 8), (byte)length]);
        Assert.Contains("no frame", await rig.Lost.Task.WaitAsync(Patience), StringComparison.Ordinal);
        Assert.Equal(60, rig.Device.Received.Take(Patience).Length);
        Assert.Equal(NetworkSend.Dropped, rig.OnLoop(() => rig.Device.Send(StreamRig.Frame(60))));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(13)]
    [Trait("Row", "39")]
    public void Frame_without_room_for_its_header_is_passed_over(int length)
    {
        using StreamRig rig = new();
        rig.Backend.Listen(0, true);
        rig.Write(StreamRig.Framed(StreamRig.Frame(length), StreamRig.Frame(60, 1)));
        Assert.Equal(StreamRig.Frame(60, 1), rig.Device.Received.Take(Patience));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Peer_that_goes_away_is_told_once_whether_or_not_the_device_listens(bool listens)
    {
        using StreamRig rig = new();
        rig.Backend.Listen(0, listens);
        rig.Write(StreamRig.Framed(StreamRig.Frame(60)).AsSpan(0, 20));
        rig.Peer.Dispose();
        Assert.Contains("closed", await rig.Lost.Task.WaitAsync(Patience), StringComparison.Ordinal);
        Assert.Equal(NetworkSend.Dropped, rig.OnLoop(() => rig.Device.Send(StreamRig.Frame(60))));
        rig.Backend.Listen(0, !listens);
        rig.Backend.Listen(0, listens);
    }

    [Fact]
    public void Frames_that_are_sent_arrive_with_their_length_before_them()
    {
        using StreamRig rig = new();
        byte[][] frames = [StreamRig.Frame(14), StreamRig.Frame(1514, 1), StreamRig.Frame(FrameLengths.Largest, 2)];
        rig.OnLoop(() =>
        {
            foreach (byte[] frame in frames)
                Assert.Equal(NetworkSend.Sent, rig.Device.Send(frame));
            rig.Backend.Flush(0);
            return true;
        });
        foreach (byte[] frame in frames)
            Assert.Equal(frame, rig.ReadFrame());
    }

    [Theory]
    [InlineData(13)]
    [InlineData(FrameLengths.Largest + 1)]
    [Trait("Row", "39")]
    public void Frame_of_an_impossible_size_is_not_sent(int length)
    {
        using StreamRig rig = new();
        Assert.Equal(NetworkSend.Dropped, rig.OnLoop(() => rig.Device.Send(StreamRig.Frame(length))));
        rig.OnLoop(() => rig.Device.Send(StreamRig.Frame(60)));
        rig.OnLoop(() =>
        {
            rig.Backend.Flush(0);
            return true;
        });
        Assert.Equal(StreamRig.Frame(60), rig.ReadFrame());
    }

    [Fact]
    public void Slow_reader_holds_the_sender_up_and_loses_nothing()
    {
        using StreamRig rig = new();
        byte[][] frames = [.. Enumerable.Range(0, 500).Select(i => StreamRig.Frame(9000, i))];
        int sent = 0, blocked = 0;
        Thread sender = new(() =>
        {
            while (sent < frames.Length)
            {
                NetworkSend result = rig.OnLoop(() =>
                {
                    NetworkSend one = rig.Device.Send(frames[sent]);
                    rig.Backend.Flush(0);
                    return one;
                });
                if (result == NetworkSend.Sent)
                {
                    sent++;
                    continue;
                }
                Assert.Equal(NetworkSend.WouldBlock, result);
                blocked++;
                Assert.True(rig.Device.Room.Wait(TimeSpan.FromSeconds(30)));
            }
        });
        sender.Start();
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref blocked) > 0, TimeSpan.FromSeconds(30)));
        foreach (byte[] frame in frames)
            Assert.Equal(frame, rig.ReadFrame());
        sender.Join();
    }

    [Fact]
    public void Frame_costs_no_allocation_either_way()
    {
        using StreamRig rig = new(budget: 0);
        byte[] frame = StreamRig.Frame(1000);
        byte[] framed = StreamRig.Framed(frame);
        long allocated = rig.OnLoop(() =>
        {
            long Measure(int rounds)
            {
                int taken = 0;
                long before = GC.GetAllocatedBytesForCurrentThread();
                for (int i = 0; i < rounds; i++)
                {
                    rig.Device.Send(frame);
                    rig.Backend.Flush(0);
                    rig.Write(framed);
                    rig.Backend.OnReady(Linux.EPOLLIN);
                    // No assertion in the loop: it would allocate.
                    taken += rig.Device.TakeOne();
                    rig.Drain(framed.Length);
                }
                long after = GC.GetAllocatedBytesForCurrentThread();
                Assert.Equal(rounds * frame.Length, taken);
                return after - before;
            }
            Measure(50);
            // The runtime may allocate when it compiles a method anew; what a frame costs, it costs each time.
            return Enumerable.Range(0, 5).Min(_ => Measure(100));
        });
        Assert.Equal(0, allocated);
    }
}
