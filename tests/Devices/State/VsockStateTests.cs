using Vmm.Devices.Virtio.Spec;
using Vmm.Tests.Devices.Virtio.Vsock;
using Xunit;

namespace Vmm.Tests.Devices.State;

/// <summary>A socket device that is saved in the middle of use.</summary>
public sealed class VsockStateTests
{
    [Fact]
    public void Restored_device_tells_of_a_transport_reset_and_knows_no_connection()
    {
        using VsockDriver source = new VsockDriver().Offer(8);
        source.Connect();
        source.OfferEvent();
        using var copy = new VsockDriver();
        Move(source, copy);
        Assert.Equal(1, copy.Eventing.UsedIndex);
        Assert.Equal((uint)SocketDevice.EventSize, copy.Eventing.UsedElement(0).Length);
        Assert.Equal(0, copy.Counters.Connections);
        // What the guest still sends on the old connection is refused; a new one is made.
        copy.Send(Packet.Rw(80, 1024, "late"u8.ToArray()));
        copy.ReceiveOne(SocketDevice.VIRTIO_VSOCK_OP_RST);
        copy.Connect(81, 1025);

        // The source runs on with all that it had.
        source.Core.Resume();
        source.Doorbells.Run();
        Assert.Equal(0, source.Eventing.UsedIndex);
        source.Send(Packet.Rw(80, 1024, "more"u8.ToArray()));
        Assert.Equal("more"u8, source.Host.Last.Taken);
    }

    [Fact]
    public void Reset_is_told_as_soon_as_there_is_a_buffer_for_it()
    {
        using VsockDriver source = new VsockDriver().Offer(8);
        using var copy = new VsockDriver();
        Move(source, copy);
        Assert.Equal(0, copy.Eventing.UsedIndex);
        copy.OfferEvent();
        Assert.Equal(1, copy.Eventing.UsedIndex);
        copy.OfferEvent();
        Assert.Equal(1, copy.Eventing.UsedIndex);
    }

    [Fact]
    public void Ports_that_the_host_had_are_not_given_again()
    {
        using VsockDriver source = new VsockDriver().Offer(8);
        Assert.True(source.HostConnects(new FakeStream(), 2000));
        uint first = source.ReceiveOne(SocketDevice.VIRTIO_VSOCK_OP_REQUEST).HostPort;
        using var copy = new VsockDriver();
        Move(source, copy);
        Assert.True(copy.HostConnects(new FakeStream(), 2000));
        Assert.NotEqual(first, copy.ReceiveOne(SocketDevice.VIRTIO_VSOCK_OP_REQUEST).HostPort);
    }

    private static void Move(VsockDriver source, VsockDriver copy)
    {
        copy.Driver.Status = 0;
        var saved = Transplant.Save(source.Driver, source.Core);
        Transplant.Copy(source.Ram, copy.Ram);
        copy.Follow(source);
        Transplant.Restore(copy.Driver, copy.Core, saved);
        copy.Core.Resume();
        copy.Doorbells.Run();
    }
}
