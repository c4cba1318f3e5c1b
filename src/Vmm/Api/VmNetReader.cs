using Vmm.Machine.Config;

namespace Vmm.Api;

/// <summary>Reads one of <c>vm.create</c>'s network devices: Cloud Hypervisor's <c>NetConfig</c>, to which vmm adds <c>passt</c>, <c>forward</c>, <c>link</c> and <c>vhost</c>.</summary>
internal static class VmNetReader
{
    /// <summary>Queues that belong together: one to receive, one to transmit.</summary>
    private const int QueuesOfAPair = 2;

    /// <summary>Reads it.</summary>
    public static NetConfig Read(ApiFields net)
    {
        NetConfig config = new()
        {
            Tap = net.Text("tap"),
            Fd = net.SmallNumbers("fds"),
            Passt = net.Flag("passt"),
            Forward = [.. (net.Texts("forward") ?? []).Select((text, i) => Parsed(net, $"forward[{i}]", text, PortForward.Parse))],
            Mac = net.Text("mac") is string mac ? Parsed(net, "mac", mac, MacAddress.Parse) : null,
            Mtu = net.SmallNumber("mtu"),
            Queues = Pairs(net, net.SmallNumber("num_queues")),
            QueueSize = net.SmallNumber("queue_size"),
            Vhost = net.Text("vhost") is string vhost ? Parsed(net, "vhost", vhost, Word.Parse<NetVhost>) : null,
            Limit = RateLimiterFields.Read(net),
            Id = net.Text("id"),
            Link = net.Text("link") is string link ? Parsed(net, "link", link, Word.Parse<NetLink>) : NetLink.Up,
        };
        net.Only("vhost_mode", "\"Client\"");
        net.Only("offload_tso", "true");
        net.Only("offload_ufo", "true");
        net.Only("offload_csum", "true");
        net.Nothing("ip", "mask", "host_mac", "iommu", "vhost_user", "vhost_socket", "rate_limit_group", "pci_segment", "pci_device_id");
        net.Done();
        return config;
    }

    private static int? Pairs(ApiFields net, int? queues)
    {
        if (queues is null)
            return null;
        if (queues < QueuesOfAPair || queues % QueuesOfAPair != 0)
            throw net.Wrong("num_queues", $"{queues} is not an even number from {QueuesOfAPair} on: each pair has one to receive and one to transmit");
        return queues / QueuesOfAPair;
    }

    private static T Parsed<T>(ApiFields net, string field, string text, Func<string, T> parse)
    {
        try
        {
            return parse(text);
        }
        catch (FormatException wrong)
        {
            throw net.Wrong(field, wrong.Message);
        }
    }
}
