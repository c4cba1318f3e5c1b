using Vmm.Devices.Backends;
using Vmm.Devices.Virtio.Console;
using Vmm.Devices.Virtio.Spec;
using Vmm.Tests.Devices.Virtio.Console;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Devices.State;

/// <summary>The console and the device of named ports, saved in the middle of use.</summary>
public sealed class ConsoleStateTests
{
    private const int Long = 1 << 20;

    public static TheoryData<TransportKind> Transports => [TransportKind.Mmio, TransportKind.Pci];

    [Theory, MemberData(nameof(Transports))]
    public void Output_that_was_half_out_comes_whole_from_both_machines_together(TransportKind kind)
    {
        var first = new Count();
        var second = new Count();
        using var source = new Rig(kind, new VirtioConsole("console0", first), (0UL, 4UL << 20));
        source.Doorbells.Refuses = true;
        source.Start();
        for (int i = 0; i < Long; i++)
            source.Ram.Write(Rig.BufferStart + (ulong)i, (byte)(i % 251));
        source.Queues[1].Add(new GuestBuffer(Rig.BufferStart, Long));
        source.Driver.Notify(1);
        source.Doorbells.RunRound();
        using var copy = new Rig(kind, new VirtioConsole("console0", second), (0UL, 4UL << 20));
        Transplant.Move(source, copy);
        Assert.InRange(first.Bytes.Count, 1, Long - 1);
        Assert.Equal(Long, first.Bytes.Count + second.Bytes.Count);
        Assert.Equal(1, copy.Queues[1].UsedIndex);
        Assert.True(first.Bytes.Concat(second.Bytes).Select((b, i) => b == i % 251).All(isSame => isSame));

        source.Core.Resume();
        source.Doorbells.Run();
        Assert.Equal(Long, first.Bytes.Count);
        Assert.Equal(1, source.Queues[1].UsedIndex);
    }

    [Theory, MemberData(nameof(Transports))]
    public void Input_goes_into_buffers_that_the_guest_gave_before_it_was_saved(TransportKind kind)
    {
        using Rig source = new Rig(kind, new VirtioConsole("console0", new Count(), new ConsoleSize(100, 40))).Start(Rig.DefaultFeatures | 1);
        source.Queues[0].Add(new GuestBuffer(Rig.BufferStart, 16, true));
        source.Kick(0);
        var console = new VirtioConsole("console0", new Count(), new ConsoleSize(80, 25));
        using var copy = new Rig(kind, console);
        int rooms = 0;
        console.RoomForInput = () => rooms++;
        Transplant.Move(source, copy);
        Assert.Equal(1, rooms);
        Assert.Equal(2, console.Receive("ok"u8));
        Assert.Equal(1, copy.Queues[0].UsedIndex);
        Assert.Equal("ok"u8, copy.Ram.Bytes(Rig.BufferStart, 2));
        // The guest knows the old terminal until it is told of the new one.
        byte[] size = new byte[2];
        copy.Driver.ReadConfig(ConsoleDevice.ConfigColumns, size);
        Assert.Equal([100, 0], size);
        console.Resize(new ConsoleSize(80, 25));
        Assert.Equal(1, copy.Driver.ConfigInterrupts);
    }

    [Theory, MemberData(nameof(Transports))]
    public void Console_that_was_saved_at_a_terminal_goes_on_without_one(TransportKind kind)
    {
        using Rig source = new Rig(kind, new VirtioConsole("console0", new Count(), new ConsoleSize(100, 40))).Start(Rig.DefaultFeatures | 1);
        using var copy = new Rig(kind, new VirtioConsole("console0", new Count()));
        Transplant.Move(source, copy);
        byte[] size = new byte[4];
        copy.Driver.ReadConfig(ConsoleDevice.ConfigColumns, size);
        Assert.Equal([100, 0, 40, 0], size);
        copy.Driver.Status = 0;
        Assert.False(copy.Driver.Negotiate(Rig.DefaultFeatures | 1));
    }

    [Theory, MemberData(nameof(Transports))]
    public void Port_is_open_in_the_guest_and_the_client_is_gone_and_another_one_there(TransportKind kind)
    {
        using PortsRig source = new PortsRig(kind, "one", "two").Open();
        source.Clients[0].Connect();
        Assert.Equal(["1 6 1"], source.Heard());
        using var copy = new PortsRig(kind, "one", "two");
        Transplant.Move(source.Rig, copy.Rig);
        copy.Follow(source);
        Assert.True(copy.Client.IsGuestOpen);
        // Told as soon as it runs: the one client is not here.
        Assert.Equal(["1 6 0"], copy.Heard());
        copy.Client.Connect();
        Assert.Equal(["1 6 1"], copy.Heard());
        copy.Write("hello");
        Assert.Equal("hello", copy.Got);
        copy.Client.Send("!"u8);
        copy.Receive.Add(new GuestBuffer(PortsRig.Data, 8, true));
        copy.Rig.Kick((uint)ConsoleDevice.ReceiveQueueOf(1));
        Assert.Equal(1, copy.Receive.UsedIndex);
    }

    [Theory, MemberData(nameof(Transports))]
    public void Writer_that_waits_for_a_slow_client_is_not_answered_and_goes_on_where_it_was(TransportKind kind)
    {
        using PortsRig source = new PortsRig(kind).Open();
        source.Client.Connect();
        source.Client.Room = 4;
        source.Write("ping pong");
        Assert.Equal("ping", source.Got);
        Assert.Equal(0, source.Transmit.UsedIndex);
        using var copy = new PortsRig(kind);
        copy.Client.Connect();
        Transplant.Move(source.Rig, copy.Rig);
        Assert.Equal(" pong", copy.Got);
        Assert.Equal(1, copy.Transmit.UsedIndex);
        source.Rig.Core.Resume();
        source.Client.MakeRoom(100);
        source.Rig.Doorbells.Run();
        Assert.Equal("ping pong", source.Got);
    }

    private sealed class Count : IByteSink
    {
        public List<byte> Bytes { get; } = [];

        public void Write(ReadOnlySpan<byte> bytes) => Bytes.AddRange(bytes);
    }
}
