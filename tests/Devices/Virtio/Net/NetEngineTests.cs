using Vmm.Devices.Backends;
using Vmm.Devices.Virtio.RateLimiting;
using Vmm.Devices.Virtio.Spec;
using Vmm.Guest.Memory;
using Xunit;
using static Vmm.Devices.Virtio.Spec.NetworkControl;
using static Vmm.Devices.Virtio.Spec.NetworkDevice;

namespace Vmm.Tests.Devices.Virtio.Net;

/// <summary>Queues that are lent to an engine, and taken back whenever the device needs them.</summary>
public sealed class NetEngineTests
{
    private readonly FakeEngine _engine = new();

    private NetRig Rig(int pairs = 1) => new(new FakeNetwork(pairs) { Engine = _engine, PairsSet = pairs => _engine.Log.Add($"network uses {pairs}") });

    [Fact]
    public void Engine_has_the_queues_once_the_driver_is_ready_and_hears_of_trapped_notifications()
    {
        using NetRig rig = Rig();
        Assert.Equal(["start 0 at 0 0"], _engine.Log.Where(line => line.StartsWith("start", StringComparison.Ordinal)));
        Assert.True(rig.Net.IsLent(0));
        _engine.Log.Clear();
        rig.Send(NetRig.Frame(60));
        rig.Give(1, 2048);
        Assert.Equal(["notify 0 transmit", "notify 0 receive"], _engine.Log);
        rig.Network.Arrive(NetRig.Frame(60));
        rig.Run();
        Assert.Empty(rig.Network.Sent);
        Assert.Null(rig.Receive());
    }

    [Fact]
    public void Interrupts_of_the_engine_reach_the_driver_as_long_as_it_has_the_queue()
    {
        using NetRig rig = Rig();
        INetworkEvents events = rig.Net;
        int before = rig.Rig.Driver.QueueInterrupts;
        events.EngineInterrupts(0, transmit: true);
        Assert.Equal(before + 1, rig.Rig.Driver.QueueInterrupts);
        rig.Rig.Core.Quiesce();
        before = rig.Rig.Driver.QueueInterrupts;
        events.EngineInterrupts(0, transmit: true);
        Assert.Equal(before, rig.Rig.Driver.QueueInterrupts);
    }

    [Fact]
    public void Hold_takes_them_back_where_the_engine_left_off_and_the_end_of_it_lends_them_again_there()
    {
        using NetRig rig = Rig();
        rig.Send(NetRig.Frame(60));
        rig.Send(NetRig.Frame(61));
        rig.Give(3, 2048);
        Assert.Equal(2, _engine.Complete(0, transmit: true));
        Assert.Equal(3, _engine.Complete(0, transmit: false));
        int before = rig.Rig.Driver.QueueInterrupts;
        rig.Rig.Core.Quiesce();
        Assert.False(_engine.Has(0));
        Assert.False(rig.Net.IsLent(0));
        Assert.True(rig.Rig.Driver.QueueInterrupts > before, "nobody knows whether the driver was told of all");
        _ = rig.Rig.Core.SaveState();

        _engine.Log.Clear();
        rig.Rig.Core.Resume();
        rig.Run();
        Assert.Equal("start 0 at 3 2", _engine.Log[0]);
    }

    [Fact]
    public void Reset_takes_them_back_before_it_is_complete_and_lends_none()
    {
        using NetRig rig = Rig();
        rig.Rig.Driver.Status = 0;
        Assert.Equal(0, rig.Rig.Driver.Status);
        Assert.False(_engine.Has(0));
        rig.Run();
        Assert.False(_engine.Has(0));
        rig.Start();
        Assert.True(_engine.Has(0));
    }

    public static TheoryData<string> Reasons => ["cable", "limit", "recording", "waiting"];

    [Theory, MemberData(nameof(Reasons))]
    public void Device_moves_frames_itself_where_it_must_and_goes_on_where_the_engine_left_off(string reason)
    {
        using NetRig rig = Rig();
        rig.Send(NetRig.Frame(60));
        Assert.Equal(1, _engine.Complete(0, transmit: true));
        Need(rig, reason, true);
        rig.Run();
        Assert.False(_engine.Has(0));
        rig.Give(2, 2048);
        byte[] frame = NetRig.Frame(80);
        rig.Send(frame);
        rig.Arrive(NetRig.Frame(90));
        if (reason != "cable")
        {
            Assert.Equal(frame, Assert.Single(rig.Network.Sent).Frame[HeaderSize..]);
            Assert.Equal(90, rig.Receive()!.Value.Frame.Length);
        }
        Assert.Equal(2, rig.Rig.Queues[1].UsedIndex);

        _engine.Log.Clear();
        Need(rig, reason, false);
        rig.Run();
        Assert.True(_engine.Has(0));
        Assert.Equal(reason == "cable" ? "start 0 at 0 2" : "start 0 at 1 2", _engine.Log[0]);
    }

    [Fact]
    public void Recording_begins_only_when_the_engine_has_let_go()
    {
        using NetRig rig = Rig();
        rig.Rig.Ram.Memory.StartRecording(new DirtyBitmap(rig.Rig.Ram.Memory.Size));
        // Not at the event thread's next turn.
        Assert.False(_engine.Has(0));
    }

    [Fact]
    public void Queue_that_the_driver_stops_is_taken_back_before_it_reads_as_stopped()
    {
        using NetRig rig = Rig();
        rig.Rig.Driver.SelectQueue(1);
        rig.Rig.Driver.QueueEnabled = false;
        Assert.True(rig.Rig.Driver.QueueEnabled);
        rig.Run();
        Assert.False(_engine.Has(0));
        rig.Rig.Driver.SelectQueue(1);
        Assert.False(rig.Rig.Driver.QueueEnabled);
    }

    [Fact]
    public void Bus_that_keeps_the_device_from_memory_keeps_the_engine_from_it()
    {
        using NetRig rig = Rig();
        rig.Rig.Core.Detain(true);
        Assert.False(_engine.Has(0));
        rig.Run();
        Assert.False(_engine.Has(0));
        rig.Rig.Core.Detain(false);
        rig.Run();
        Assert.True(_engine.Has(0));
    }

    [Fact]
    public void Fault_of_the_driver_in_another_queue_ends_the_engine_too()
    {
        using NetRig rig = Rig();
        rig.Rig.Queues[rig.Control].MakeAvailable(9999);
        rig.Kick(rig.Control);
        Assert.True(rig.Rig.NeedsReset);
        Assert.False(_engine.Has(0));
        rig.Rig.Driver.Status = 0;
        rig.Run();
        Assert.Equal(0, rig.Rig.Driver.Status);
    }

    [Fact]
    public void Pairs_are_lent_when_they_are_in_use_and_taken_back_before_the_network_forgets_them()
    {
        using NetRig rig = Rig(pairs: 2);
        Assert.True(_engine.Has(0));
        Assert.False(_engine.Has(1));
        _engine.Log.Clear();
        Assert.Equal(VIRTIO_NET_OK, rig.Command(VIRTIO_NET_CTRL_MQ, VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET, 2, 0));
        Assert.True(_engine.Has(1));
        Assert.Equal(VIRTIO_NET_OK, rig.Command(VIRTIO_NET_CTRL_MQ, VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET, 1, 0));
        Assert.True(_engine.Has(0));
        Assert.False(_engine.Has(1));
        Assert.Equal(["network uses 2", "start 1 at 0 0", "stop 1", "network uses 1"], _engine.Log.Where(line => !line.StartsWith("notify", StringComparison.Ordinal)));
    }

    [Fact]
    public void Engine_that_does_not_know_what_the_driver_chose_gets_nothing()
    {
        FakeEngine engine = new() { Unknown = FeatureBits.Mask(VIRTIO_NET_F_MRG_RXBUF) };
        using NetRig rig = new(new FakeNetwork { Engine = engine });
        rig.Send(NetRig.Frame(60));
        Assert.False(engine.Has(0));
        Assert.Single(rig.Network.Sent);
    }

    [Fact]
    public void Engine_whose_network_has_gone_is_asked_once_and_the_device_goes_on_by_itself()
    {
        using NetRig rig = Rig();
        rig.Send(NetRig.Frame(60));
        Assert.Equal(1, _engine.Complete(0, transmit: true));
        _engine.Refuses = true;
        _engine.Log.Clear();
        rig.Rig.Core.Quiesce();
        rig.Rig.Core.Resume();
        rig.Run();
        rig.Send(NetRig.Frame(60));
        Assert.Equal(["stop 0", "refuse 0"], _engine.Log);
        Assert.Single(rig.Network.Sent);
        Assert.Equal(2, rig.Rig.Queues[1].UsedIndex);
    }

    private static void Need(NetRig rig, string reason, bool on)
    {
        GuestMemory memory = rig.Rig.Ram.Memory;
        switch (reason)
        {
            case "cable": rig.Net.SetLink(!on); break;
            case "limit": rig.Net.Limit = on ? new RateLimit(new BucketLimit(1 << 30, 1_000_000_000), null) : default; break;
            case "recording" when on: memory.StartRecording(new DirtyBitmap(memory.Size)); break;
            case "recording": memory.StopRecording(); break;
            default: memory.AwaitPagesBy(on ? new NoWait() : null); break;
        }
    }

    private sealed class NoWait : IPageAwaiter
    {
        public void Await(nint host, ulong length, bool write)
        {
        }
    }
}
