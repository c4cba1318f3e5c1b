using Vmm.Devices.Virtio.Queue;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Devices.Virtio;

/// <summary>Used ring, interrupts and notifications.</summary>
public sealed class RingTests
{
    [Fact]
    public void Completions_are_shown_together_when_published()
    {
        using var bench = new QueueBench();
        ushort first = bench.Driver.Add(new GuestBuffer(QueueBench.Data, 4, true));
        ushort second = bench.Driver.Add(new GuestBuffer(QueueBench.Data, 4, true));
        bench.Pop();
        bench.Pop();

        bench.Queue.AddUsed(second, 4);
        bench.Queue.AddUsed(first, 2);
        Assert.Equal(0, bench.Driver.UsedIndex);
        Assert.True(bench.Queue.Publish());

        Assert.Equal(2, bench.Driver.UsedIndex);
        Assert.Equal((second, 4u), bench.Driver.UsedElement(0));
        Assert.Equal((first, 2u), bench.Driver.UsedElement(1));
        Assert.False(bench.Queue.Publish());
    }

    [Fact]
    public void Completing_what_is_not_in_flight_is_a_defect_of_the_device()
    {
        using var bench = new QueueBench();
        Assert.Throws<InvalidOperationException>(() => bench.Queue.AddUsed(0, 0));
        Assert.Throws<InvalidOperationException>(() => bench.Queue.AddUsed(ushort.MaxValue, 0));
    }

    [Fact]
    public void Rings_work_on_past_the_wrap_of_their_16_bit_indices()
    {
        using var bench = new QueueBench(eventIndex: true);
        for (int i = 0; i < 70_000; i++)
        {
            ushort head = bench.Driver.Add(new GuestBuffer(QueueBench.Data, 4, true));
            bench.Driver.UsedEvent = (ushort)i;
            Assert.Equal(ChainStatus.Ok, bench.Pop());
            bench.Queue.AddUsed(head, 1);
            Assert.True(bench.Queue.Publish());
            Assert.Equal((ushort)(i + 1), bench.Driver.UsedIndex);
            Assert.False(bench.Queue.EnableNotifications());
            Assert.Equal((ushort)(i + 1), bench.Driver.AvailEvent);
        }
    }

    [Fact]
    public void No_interrupt_is_wanted_while_the_driver_says_so()
    {
        using var bench = new QueueBench();
        bench.Driver.AvailFlags = 1;
        Complete(bench);
        Assert.False(bench.Queue.Publish());

        bench.Driver.AvailFlags = 0;
        Complete(bench);
        Assert.True(bench.Queue.Publish());
    }

    [Fact]
    public void Without_event_index_the_used_event_is_ignored()
    {
        using var bench = new QueueBench();
        bench.Driver.UsedEvent = 100;
        Complete(bench);
        Assert.True(bench.Queue.Publish());
    }

    [Fact]
    public void With_event_index_an_interrupt_is_wanted_when_the_used_index_passes_the_event()
    {
        using var bench = new QueueBench(eventIndex: true);
        bench.Driver.UsedEvent = 2;
        bool[] wanted = new bool[5];
        for (int i = 0; i < wanted.Length; i++)
        {
            Complete(bench);
            wanted[i] = bench.Queue.Publish();
        }
        Assert.Equal([false, false, true, false, false], wanted);
    }

    [Fact]
    public void With_event_index_the_interrupt_flag_is_ignored_and_a_batch_that_passes_the_event_interrupts_once()
    {
        using var bench = new QueueBench(eventIndex: true);
        bench.Driver.AvailFlags = 1;
        bench.Driver.UsedEvent = 1;
        Complete(bench);
        Complete(bench);
        Complete(bench);
        Assert.True(bench.Queue.Publish());
        Complete(bench);
        Assert.False(bench.Queue.Publish());
    }

    [Fact]
    public void Notifications_are_switched_by_flag_without_event_index()
    {
        using var bench = new QueueBench();
        bench.Queue.DisableNotifications();
        Assert.Equal(1, bench.Driver.UsedFlags);
        Assert.False(bench.Queue.EnableNotifications());
        Assert.Equal(0, bench.Driver.UsedFlags);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Chain_that_came_in_just_before_notifications_were_enabled_is_not_missed(bool eventIndex)
    {
        using var bench = new QueueBench(eventIndex);
        bench.Queue.DisableNotifications();
        Assert.Equal(ChainStatus.Empty, bench.Pop());
        bench.Driver.Add(new GuestBuffer(QueueBench.Data, 4));
        Assert.True(bench.Queue.EnableNotifications());
        Assert.Equal(ChainStatus.Ok, bench.Pop());
        Assert.False(bench.Queue.EnableNotifications());
    }

    [Fact]
    public void Popping_and_completing_allocates_nothing()
    {
        using var bench = new QueueBench(eventIndex: true);
        Cycle(bench, 100);
        Assert.Equal(0, Allocated.Least(() => Cycle(bench, 10_000)));
    }

    private static void Cycle(QueueBench bench, int count)
    {
        for (int i = 0; i < count; i++)
        {
            bench.Driver.Add(new(QueueBench.Data, 16), new(QueueBench.Data, 64, true), new(QueueBench.Data, 1, true));
            bench.Queue.DisableNotifications();
            if (bench.Pop() != ChainStatus.Ok)
                throw new InvalidOperationException();
            bench.Chain.Write(0, "x"u8);
            bench.Queue.AddUsed(bench.Chain.Head, 1);
            bench.Queue.Publish();
            bench.Queue.EnableNotifications();
        }
    }

    private static void Complete(QueueBench bench)
    {
        ushort head = bench.Driver.Add(new GuestBuffer(QueueBench.Data, 4, true));
        Assert.Equal(ChainStatus.Ok, bench.Pop());
        bench.Queue.AddUsed(head, 4);
    }
}
