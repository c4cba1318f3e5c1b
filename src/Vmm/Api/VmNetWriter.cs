using System.Text.Json;
using Vmm.Machine.Config;

namespace Vmm.Api;

/// <summary>Writes the network devices of <c>vm.info</c>, such that <c>vm.create</c> takes them again.</summary>
internal static class VmNetWriter
{
    /// <summary>Writes the field with all of them.</summary>
    public static void Write(Utf8JsonWriter json, IReadOnlyList<NetConfig> nets)
    {
        json.WriteStartArray("net");
        foreach (NetConfig net in nets)
            WriteOne(json, net);
        json.WriteEndArray();
    }

    private static void WriteOne(Utf8JsonWriter json, NetConfig net)
    {
        json.WriteStartObject();
        if (net.Tap is not null)
            json.WriteString("tap", net.Tap);
        if (net.Fd is not null)
        {
            json.WriteStartArray("fds");
            foreach (int fd in net.Fd)
                json.WriteNumberValue(fd);
            json.WriteEndArray();
        }
        if (net.Passt)
            WritePasst(json, net);
        json.WriteString("mac", net.Mac?.ToString());
        if (net.Mtu is int mtu)
            json.WriteNumber("mtu", mtu);
        json.WriteNumber("num_queues", 2 * (net.Queues ?? 1));
        if (net.QueueSize is int size)
            json.WriteNumber("queue_size", size);
        if (net.Vhost is NetVhost vhost)
            json.WriteString("vhost", Word.Of(vhost));
        RateLimiterFields.Write(json, net.Limit);
        json.WriteString("id", net.Id);
        json.WriteString("link", Word.Of(net.Link));
        json.WriteEndObject();
    }

    private static void WritePasst(Utf8JsonWriter json, NetConfig net)
    {
        json.WriteBoolean("passt", true);
        json.WriteStartArray("forward");
        foreach (PortForward forward in net.Forward)
            json.WriteStringValue(forward.ToString());
        json.WriteEndArray();
    }
}
