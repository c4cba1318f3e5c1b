using Vmm.Devices.Virtio;
using Vmm.Devices.Virtio.Net;
using Vmm.Devices.Virtio.Spec;
using Vmm.Tests.Devices.Virtio.Net;
using Xunit;

namespace Vmm.Tests.Devices.Virtio.EveryDevice;

internal sealed class NetSubject : DeviceSubject
{
    private const int ReceiveQueue = 0, TransmitQueue = 1, ControlQueue = 2;

    private readonly FakeNetwork _network = new() { IsLogging = false };

    public NetSubject() => Device = new VirtioNet("net0", _network, new NetworkOptions(NetRig.Mac));

    public override IVirtioDevice Device { get; }

    /// <summary>The cable is in.</summary>
    public override void Restored() => ((VirtioNet)Device).SetLink(true);

    public override void Stimulate()
    {
        // One frame, as long as the device listens; a ring that is full stays as it is.
        if (_network.Waiting() == 0)
            _network.Arrive(NetRig.Frame(60, EthernetAddress.Broadcast));
        _network.Wake();
    }

    public override void AssertWorks(EvilRig rig, ulong at)
    {
        byte[] frame = NetRig.Frame(60, EthernetAddress.Broadcast);
        long sent = _network.SentCount;
        rig.Write(at, [.. NetRig.Header(), .. frame]);
        Assert.Equal(0u, rig.Do(TransmitQueue, new(at, 7), new(at + 7, 65)));
        Assert.Equal(sent + 1, _network.SentCount);

        rig.Write(at, [NetworkControl.VIRTIO_NET_CTRL_RX, NetworkControl.VIRTIO_NET_CTRL_RX_PROMISC, 0, 0xEE]);
        Assert.Equal(1u, rig.Do(ControlQueue, new(at, 3), new(at + 3, 1, true)));
        Assert.Equal([NetworkControl.VIRTIO_NET_OK], rig.Read(at + 3, 1));

        Assert.Equal(72u, rig.Do(ReceiveQueue, new(at, 7, true), new(at + 7, 1500, true)));
        Assert.Equal(frame, rig.Read(at + 12, 60));
    }
}
