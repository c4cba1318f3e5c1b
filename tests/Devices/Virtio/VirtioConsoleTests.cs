using Vmm.Devices.Backends;
using Vmm.Devices.Virtio.Console;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Devices.Virtio;

public sealed class VirtioConsoleTests
{
    private readonly RecordingSink _sink = new();

    public static TheoryData<TransportKind> Transports => [TransportKind.Mmio, TransportKind.Pci];

    [Theory, MemberData(nameof(Transports))]
    public void Output_reaches_the_sink_in_order(TransportKind kind)
    {
        using Rig rig = new Rig(kind, new VirtioConsole("console0", _sink)).Start();
        "hello world"u8.CopyTo(rig.Ram.Bytes(Rig.BufferStart, 11));
        rig.Queues[1].Add(new GuestBuffer(Rig.BufferStart, 6));
        rig.Queues[1].Add(new GuestBuffer(Rig.BufferStart + 6, 2), new GuestBuffer(Rig.BufferStart + 8, 3));
        rig.Kick(1);
        Assert.Equal("hello world"u8.ToArray(), _sink.Bytes);
        Assert.Equal(2, rig.Queues[1].UsedIndex);
        Assert.Equal(0u, rig.Queues[1].UsedElement(0).Length);
    }

    [Theory, MemberData(nameof(Transports)), Trait("Row", "44")]
    public void Huge_output_is_handed_on_in_slices_and_other_devices_have_their_turn(TransportKind kind)
    {
        const uint length = 1 << 20;
        using var rig = new Rig(kind, new VirtioConsole("console0", _sink), (0UL, 4UL << 20));
        rig.Doorbells.Refuses = true;
        rig.Start();
        rig.Ram.Bytes(Rig.BufferStart, (int)length).Fill((byte)'x');
        rig.Queues[1].Add(new GuestBuffer(Rig.BufferStart, length));
        rig.Driver.Notify(1);
        rig.Doorbells.RunRound();
        Assert.True(_sink.Bytes.Count <= 256 << 10);
        Assert.Equal(0, rig.Queues[1].UsedIndex);
        rig.Doorbells.Run();
        Assert.Equal((int)length, _sink.Bytes.Count);
        Assert.Equal(1, rig.Queues[1].UsedIndex);
    }

    [Theory, MemberData(nameof(Transports)), Trait("Row", "44"), Trait("Row", "29")]
    public void Reset_in_the_middle_of_a_huge_output_completes(TransportKind kind)
    {
        using Rig rig = new Rig(kind, new VirtioConsole("console0", _sink), (0UL, 4UL << 20)).Start();
        rig.Queues[1].Add(new GuestBuffer(Rig.BufferStart, 2 << 20));
        rig.Driver.Notify(1);
        rig.Driver.Status = 0;
        Assert.Equal(0, rig.Driver.Status);
        int before = _sink.Bytes.Count;
        rig.Doorbells.Run();
        Assert.Equal(before, _sink.Bytes.Count);
    }

    [Theory, MemberData(nameof(Transports))]
    public void Input_without_a_driver_or_without_buffers_is_not_accepted(TransportKind kind)
    {
        var console = new VirtioConsole("console0", _sink);
        int room = 0;
        using var rig = new Rig(kind, console);
        console.RoomForInput = () => room++;
        Assert.Equal(0, console.Receive("x"u8));
        rig.Start();
        Assert.Equal(1, room);
        Assert.Equal(0, console.Receive("x"u8));

        rig.Queues[0].Add(new GuestBuffer(Rig.BufferStart, 16, true));
        rig.Kick(0);
        Assert.Equal(2, room);
        Assert.Equal(1, console.Receive("x"u8));
        Assert.Equal(1u, rig.Queues[0].UsedElement(0).Length);
        Assert.Equal((byte)'x', rig.Ram.Read<byte>(Rig.BufferStart));
        Assert.Equal(1, rig.Driver.QueueInterrupts);
    }

    [Theory, MemberData(nameof(Transports))]
    public void Paste_of_8_MiB_into_slow_buffers_loses_nothing(TransportKind kind)
    {
        foreach (ulong features in (ulong[])[Rig.DefaultFeatures, Rig.DefaultFeatures | GuestDriver.EventIndex])
        {
            byte[] paste = new byte[8 << 20];
            new Random(1).NextBytes(paste);
            int sent = 0;
            var received = new MemoryStream(paste.Length);
            var console = new VirtioConsole("console0", _sink);
            using Rig rig = new Rig(kind, console).Start(features);
            console.RoomForInput = () => sent += console.Receive(paste.AsSpan(sent));
            DriverQueue queue = rig.Queues[0];
            ushort seen = 0;
            int cycle = 0;
            while (received.Length < paste.Length)
            {
                // The guest reads what came and gives some buffers of odd sizes, sometimes none but one.
                for (int i = 0; i < 1 + cycle % 17; i++)
                    queue.Add(new GuestBuffer(Rig.BufferStart + (ulong)(i % queue.Size) * 4096, (uint)(1 + (cycle * 31 + i) % 4096), true));
                cycle++;
                ushort avail = queue.AvailIndex;
                rig.Kick(0);
                sent += console.Receive(paste.AsSpan(sent));
                Assert.True(queue.UsedIndex == avail || sent == paste.Length, "buffers were left unused");
                for (; seen != queue.UsedIndex; seen++)
                {
                    (uint id, uint length) = queue.UsedElement(seen);
                    ulong address = rig.Ram.Read<ulong>(queue.Descriptors + id * 16UL);
                    received.Write(rig.Ram.Bytes(address, (int)length));
                }
            }
            Assert.Equal(paste.Length, sent);
            Assert.True(paste.AsSpan().SequenceEqual(received.ToArray()));
        }
    }

    [Theory, MemberData(nameof(Transports))]
    public void Terminal_size_is_in_the_configuration_and_a_change_interrupts(TransportKind kind)
    {
        var console = new VirtioConsole("console0", _sink, new ConsoleSize(80, 25));
        using var rig = new Rig(kind, console);
        Assert.Equal(1UL, rig.Driver.OfferedFeatures & 1);
        rig.Start(Rig.DefaultFeatures | 1);
        console.Resize(new ConsoleSize(132, 50));
        byte[] config = new byte[12];
        rig.Driver.ReadConfig(0, config);
        Assert.Equal([132, 0, 50, 0, 0, 0, 0, 0, 0, 0, 0, 0], config);
        Assert.Equal(1, rig.Driver.ConfigInterrupts);
    }

    [Theory, MemberData(nameof(Transports))]
    public void Console_without_a_terminal_offers_no_size(TransportKind kind)
    {
        var console = new VirtioConsole("console0", _sink);
        using var rig = new Rig(kind, console);
        Assert.Equal(0UL, rig.Driver.OfferedFeatures & 1);
        console.Resize(new ConsoleSize(132, 50));
        byte[] config = new byte[12];
        rig.Driver.ReadConfig(0, config);
        Assert.Equal(new byte[12], config);
    }

    [Theory, MemberData(nameof(Transports))]
    public void Bad_receive_chain_needs_a_reset_and_recovers(TransportKind kind)
    {
        var console = new VirtioConsole("console0", _sink);
        using Rig rig = new Rig(kind, console).Start();
        rig.Queues[0].Add(new GuestBuffer(Rig.RamSize, 16, true));
        Assert.Equal(0, console.Receive("x"u8));
        Assert.True(rig.NeedsReset);
        rig.Driver.Status = 0;
        Assert.Equal(0, rig.Driver.Status);
    }

    private sealed class RecordingSink : IByteSink
    {
        public List<byte> Bytes { get; } = [];

        public void Write(ReadOnlySpan<byte> bytes) => Bytes.AddRange(bytes);
    }
}
