using Vmm.Devices.Backends;
using Vmm.Devices.Virtio;
using Vmm.Devices.Virtio.Net;
using Vmm.Host;
using Vmm.Kvm.Events;
using Vmm.Machine.Config;
using Vmm.Network;
using Vmm.Network.Passt;
using Vmm.Network.Vhost;

namespace Vmm.Machine.Build;

/// <content>Network devices, each with an event thread of its own on which its host end is heard of, too.</content>
internal sealed partial class VirtioDevices
{
    private void AddNet(NetConfig net, int index)
    {
        KvmDoorbells doorbells = chassis.EventThread($"_net{index}", out EventLoop loop);
        VirtioNet? card = null;
        INetworkBackend backend = OpenNetwork(net, loop, doorbells, why =>
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

    private INetworkBackend OpenNetwork(NetConfig net, EventLoop loop, KvmDoorbells doorbells, Action<string> onLost)
    {
        if (net.Fd is { } numbers)
        {
            DescriptorBackend inherited = chassis.Own(InheritedNetwork.Open(numbers, loop));
            inherited.TellLoss(loop, error => onLost(LossOf($"descriptor {numbers[0]}", error)));
            return inherited;
        }
        if (net.Tap is { } tap)
        {
            DescriptorBackend opened = chassis.Own(TapOpener.Open(new TapOptions(tap, net.Queues ?? 1, net.Mtu, queues => OpenEngine(net.Vhost, queues, doorbells, loop)), loop));
            opened.TellLoss(loop, error => onLost(LossOf($"tap '{tap}'", error)));
            return opened;
        }
        return chassis.Own(PasstBackend.Start(net, loop, onLost)).Frames;
    }

    private static string LossOf(string what, Errno error) => error switch
    {
        Errno.None => $"{what}: the other end was closed",
        Errno.EBADFD or Errno.EFAULT => $"{what}: its interface was removed from the host",
        _ => $"{what}: {new HostException("read", error).Message}",
    };

    private VhostEngine? OpenEngine(NetVhost? vhost, IReadOnlyList<SafeFd> queues, KvmDoorbells doorbells, EventLoop loop)
    {
        if (vhost is null or NetVhost.Off)
            return null;
        try
        {
            return new VhostEngine(queues, chassis.Memory, doorbells, loop);
        }
        catch (VmmException) when (vhost == NetVhost.Auto)
        {
            return null;
        }
    }
}
