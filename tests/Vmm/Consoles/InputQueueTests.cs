using System.Text;
using Vmm.Consoles;
using Xunit;

namespace Vmm.Tests.Vmm.Consoles;

public sealed class InputQueueTests
{
    private static void Add(InputQueue queue, string text)
    {
        foreach (char c in text)
            queue.Add((byte)c);
    }

    [Fact]
    public void Break_keeps_its_place_among_the_bytes()
    {
        InputQueue queue = new();
        Add(queue, "ab");
        queue.AddBreak();
        Add(queue, "c");
        FakeConsoleDevice device = new(room: 100);
        Assert.True(queue.DeliverTo(device));
        Assert.Equal("ab#c", Encoding.ASCII.GetString(device.Taken));
        Assert.True(queue.IsEmpty);
    }

    [Fact]
    public void What_the_device_refuses_waits()
    {
        InputQueue queue = new();
        Add(queue, "abc");
        queue.AddBreak();
        FakeConsoleDevice device = new(room: 3);
        Assert.False(queue.DeliverTo(device));
        Assert.False(queue.IsEmpty);
        device.DrainUntil(3);
        FakeConsoleDevice next = new(room: 1);
        Assert.True(queue.DeliverTo(next));
        Assert.Equal("#", Encoding.ASCII.GetString(next.Taken));
    }

    [Fact]
    public void Bytes_come_out_in_order_across_the_end_of_the_ring()
    {
        InputQueue queue = new();
        byte next = 0;
        List<byte> came = [];
        for (int round = 0; round < 5; round++)
        {
            int count = InputQueue.Capacity - 7;
            for (int i = 0; i < count; i++)
                queue.Add(next++);
            FakeConsoleDevice device = new(room: count);
            Assert.True(queue.DeliverTo(device));
            came.AddRange(device.Taken);
        }
        for (int i = 0; i < came.Count; i++)
            Assert.Equal((byte)i, came[i]);
    }

    [Fact]
    [Trait("Row", "45")]
    public void Breaks_without_end_are_bounded()
    {
        InputQueue queue = new();
        for (int i = 0; i < 100_000; i++)
            queue.AddBreak();
        FakeConsoleDevice device = new(room: 100_000);
        Assert.True(queue.DeliverTo(device));
        Assert.InRange(device.Taken.Length, 1, 1000);
    }
}
