using Vmm.Devices.Virtio.Queue;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Devices.Virtio;

/// <summary>Rings that the device must leave alone: of a queue that its driver stopped, and of one that gives nothing out for now.</summary>
public sealed class StoppedQueueTests : IDisposable
{
    private const ulong RingBytes = 0x1000;

    private readonly TestDevice _device = new() { Holds = true };
    private readonly Rig _rig;

    public StoppedQueueTests() => _rig = new Rig(TransportKind.Mmio, _device).Start();

    private Span<byte> Rings => _rig.Ram.Bytes(Rig.FirstRing, (int)RingBytes);

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Queue_that_reads_as_not_ready_is_not_touched_any_more()
    {
        _rig.Queues[0].Add(new GuestBuffer(Rig.BufferStart, 16, true));
        _rig.Kick(0);
        _rig.Driver.SelectQueue(0);
        _rig.Driver.QueueEnabled = false;
        _device.CompleteOne();
        Assert.False(_rig.Driver.QueueEnabled);
        Assert.Equal(1, _rig.Queues[0].UsedIndex);

        // The driver has other uses for the memory now.
        Rings.Fill(0xC3);
        _rig.Kick(0);
        _device.Core.Post(0);
        _rig.Doorbells.Run();
        using (_device.Core.Enter())
        {
            _device.Core.Queue(0).DisableNotifications();
            Assert.False(_device.Core.Queue(0).EnableNotifications());
        }

        Assert.False(Rings.ContainsAnyExcept((byte)0xC3));
        Assert.False(_rig.NeedsReset);
    }

    [Fact]
    public void Held_queue_sees_completions_and_nothing_else()
    {
        using var bench = new QueueBench();
        bench.Driver.Add(new GuestBuffer(QueueBench.Data, 4, true));
        Assert.Equal(ChainStatus.Ok, bench.Pop());
        bench.Queue.Hold();

        bench.Queue.DisableNotifications();
        Assert.Equal(0, bench.Driver.UsedFlags);
        bench.Queue.AddUsed(bench.Chain.Head, 4);
        Assert.True(bench.Queue.Publish());
        Assert.Equal(1, bench.Driver.UsedIndex);

        bench.Driver.Add(new GuestBuffer(QueueBench.Data, 4, true));
        Assert.False(bench.Queue.EnableNotifications());
        bench.Queue.Release();
        Assert.True(bench.Queue.EnableNotifications());
    }
}
