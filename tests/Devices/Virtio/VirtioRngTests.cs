using Vmm.Devices.Virtio.Rng;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Devices.Virtio;

public sealed class VirtioRngTests
{
    public static TheoryData<TransportKind> Transports => [TransportKind.Mmio, TransportKind.Pci];

    [Theory, MemberData(nameof(Transports))]
    public void Buffers_come_back_filled(TransportKind kind)
    {
        var source = new CountingEntropy();
        using Rig rig = new Rig(kind, new VirtioRng("rng0", source)).Start();
        ushort head = rig.Queues[0].Add(new GuestBuffer(Rig.BufferStart, 10, true), new GuestBuffer(Rig.BufferStart + 100, 6, true));
        rig.Kick(0);

        Assert.Equal((head, 16u), rig.Queues[0].UsedElement(0));
        Assert.Equal(0x5A, rig.Ram.Read<byte>(Rig.BufferStart + 9));
        Assert.Equal(0, rig.Ram.Read<byte>(Rig.BufferStart + 10));
        Assert.Equal(0x5A, rig.Ram.Read<byte>(Rig.BufferStart + 105));
        Assert.Equal(1, rig.Driver.QueueInterrupts);
    }

    [Theory, MemberData(nameof(Transports)), Trait("Row", "41")]
    public void Huge_buffer_gets_a_capped_number_of_bytes(TransportKind kind)
    {
        var source = new CountingEntropy();
        using Rig rig = new Rig(kind, new VirtioRng("rng0", source), (0UL, 64UL << 20)).Start();
        rig.Queues[0].Add(new GuestBuffer(Rig.BufferStart, 32 << 20, true));
        rig.Kick(0);

        Assert.Equal(VirtioRng.MaxBytesPerRequest, rig.Queues[0].UsedElement(0).Length);
        Assert.Equal(VirtioRng.MaxBytesPerRequest, source.Filled);
        Assert.Equal(0, rig.Ram.Read<byte>(Rig.BufferStart + VirtioRng.MaxBytesPerRequest));
    }

    [Theory, MemberData(nameof(Transports)), Trait("Row", "20"), Trait("Row", "41")]
    public void Buffer_of_4_GiB_outside_RAM_needs_a_reset_and_nothing_is_allocated(TransportKind kind)
    {
        var source = new CountingEntropy();
        using Rig rig = new Rig(kind, new VirtioRng("rng0", source)).Start();
        rig.Queues[0].Add(new GuestBuffer(Rig.BufferStart, uint.MaxValue, true));
        rig.Kick(0);
        Assert.True(rig.NeedsReset);
        Assert.Equal(0, source.Filled);
        rig.Driver.Status = 0;
        Assert.Equal(0, rig.Driver.Status);
    }

    [Theory, MemberData(nameof(Transports)), Trait("Row", "19")]
    public void Request_without_room_comes_back_empty(TransportKind kind)
    {
        using Rig rig = new Rig(kind, new VirtioRng("rng0", new CountingEntropy())).Start();
        rig.Queues[0].Add(new GuestBuffer(Rig.BufferStart, 0, true));
        rig.Queues[0].Add(new GuestBuffer(Rig.BufferStart, 16));
        rig.Kick(0);
        Assert.Equal(2, rig.Queues[0].UsedIndex);
        Assert.Equal(0u, rig.Queues[0].UsedElement(0).Length);
        Assert.Equal(0u, rig.Queues[0].UsedElement(1).Length);
        Assert.False(rig.NeedsReset);
    }
}
