using Vmm.Devices.Virtio;
using Vmm.Devices.Virtio.Spec;
using Vmm.Devices.Virtio.Vsock;
using Vmm.Tests.Devices.Virtio.Harness;
using Vmm.Tests.Devices.Virtio.Vsock;
using Xunit;

namespace Vmm.Tests.Devices.Virtio.EveryDevice;

/// <summary>A socket device with a host that accepts, and that wants to talk to the guest whenever it is asked to do something.</summary>
internal sealed class VsockSubject : DeviceSubject
{
    private const uint Port = 80, GuestPort = 1024;

    private readonly FakeHost _host = new();
    private readonly VirtioVsock _vsock;
    private uint _guestPort;

    public VsockSubject() => _vsock = new VirtioVsock("vsock0", VsockDriver.Cid, _host);

    public override IVirtioDevice Device => _vsock;

    public override bool Takes(int queue) => queue != SocketDevice.EventQueue;

    public override void Stimulate()
    {
        using VirtioDeviceCore.Scope scope = _vsock.Enter();
        // Its program may have tired of waiting: there is room for so many only.
        if (!_vsock.TryOpen(_guestPort++, new FakeStream()))
            return;
        _vsock.Deliver();
    }

    public override void AssertWorks(EvilRig rig, ulong at)
    {
        Span<byte> header = stackalloc byte[SocketDevice.HeaderSize];
        VsockDriver.Write(Packet.Request(Port, GuestPort), header);
        rig.Write(at, header);
        // The answer, and a request of the host's, wait for buffers.
        Assert.Equal(0u, rig.Do(SocketDevice.TransmitQueue, new GuestBuffer(at, SocketDevice.HeaderSize)));
        Assert.Equal((uint)SocketDevice.HeaderSize, rig.Do(SocketDevice.ReceiveQueue, new GuestBuffer(at, 64, true)));
        VsockDriver.Write(Packet.Rw(Port, GuestPort, "ping"u8.ToArray()), header);
        rig.Write(at, header);
        rig.Write(at + SocketDevice.HeaderSize, "ping"u8);
        Assert.Equal(0u, rig.Do(SocketDevice.TransmitQueue, new GuestBuffer(at, 7), new GuestBuffer(at + 7, SocketDevice.HeaderSize - 3)));
        Assert.Equal("ping"u8, _host.Last.Taken);
    }
}
