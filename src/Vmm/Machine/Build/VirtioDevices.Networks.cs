using Vmm.Devices.Backends;
using Vmm.Devices.Doorbells;
using Vmm.Devices.Virtio;
using Vmm.Devices.Virtio.Net;
using Vmm.Host;
using Vmm.Machine.Config;
using Vmm.Network;
using Vmm.Network.Passt;

namespace Vmm.Machine.Build;

/// <content>Network devices, each with an event thread of its own on which its host end is heard of, too.</content>
internal sealed partial class VirtioDevices
{
    private void AddNet(NetConfig net, int index)
    {
        IDoorbellHost doorbells = chassis.EventThread($"_net{index}", out EventLoop loop);
        VirtioNet? card = null;
        INetworkBackend backend = OpenNetwork(net, loop, why =>
        {
            card?.SetLink(false);
            host.NetLost?.Invoke(index, why);
        });
        NetworkOptions options = new(new EthernetAddress(net.Mac!.Value.Value))
        {
            QueuePairs = net.Queues ?? 1,
            QueueSize = (ushort)(net.QueueSize ?? NetworkOptions.UsualQueueSize),
            Mtu = (ushort?)net.Mtu,
            LinkUp = net.Link == NetLink.Up,
        };
        card = new VirtioNet(net.Id!, backend, options) { Limit = net.Limit?.ToLimit() ?? default };
        VirtioDeviceCore core = Attach(card, doorbells);
        chassis.Own(new DeviceAtRest(core));
    }

    private INetworkBackend OpenNetwork(NetConfig net, EventLoop loop, Action<string> onLost)
    {
        if (net.Fd is { } numbers)
            return chassis.Own(InheritedNetwork.Open(numbers, loop));
        if (net.Tap is { } tap)
            return chassis.Own(TapOpener.Open(new TapOptions(tap, net.Queues ?? 1, net.Mtu), loop));
        return chassis.Own(PasstBackend.Start(net, loop, onLost)).Frames;
    }
}
