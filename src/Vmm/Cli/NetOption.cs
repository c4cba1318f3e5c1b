using System.Globalization;
using Vmm.Machine.Config;

namespace Vmm.Cli;

/// <summary>Reads <c>--net passt,forward=8080:80</c>, <c>--net tap=vmtap0,mac=…,queues=2</c> and <c>--net fd=5</c>.</summary>
internal static class NetOption
{
    private const string Passt = "passt";

    /// <summary>Adds a network device to a machine.</summary>
    /// <exception cref="FormatException">With what is wrong with it.</exception>
    public static void Add(MachineConfig machine, string value)
    {
        KeyValues parts = new(value, "backend", repeatable: "forward");
        string? backend = parts.Text("backend");
        NetConfig net = new()
        {
            Passt = backend == Passt,
            Tap = parts.Text("tap"),
            Fd = parts.Text("fd") is string descriptors ? [.. descriptors.Split(':').Select(Descriptor)] : null,
            Forward = [.. parts.All("forward").Select(PortForward.Parse)],
            Mac = parts.Text("mac") is string mac ? MacAddress.Parse(mac) : null,
            Mtu = parts.Number("mtu"),
            Queues = parts.Number("queues"),
            QueueSize = parts.Number("queue-size"),
            Vhost = parts.Text("vhost") is string vhost ? Word.Parse<NetVhost>(vhost) : null,
            Limit = RateKeys.Read(parts),
            Id = parts.Text("id"),
            Link = parts.Text("link") is string link ? Word.Parse<NetLink>(link) : NetLink.Up,
        };
        parts.Done();
        if (backend is not null && !net.Passt)
            throw new FormatException($"'{Printable.Escape(backend)}' is none of passt, tap=NAME, fd=N");
        if ((net.Passt ? 1 : 0) + (net.Tap is null ? 0 : 1) + (net.Fd is null ? 0 : 1) != 1)
            throw new FormatException("needs exactly one of passt, tap=NAME, fd=N");
        machine.Net = [.. machine.Net, net];
    }

    private static int Descriptor(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int fd)
        ? fd
        : throw new FormatException($"fd: '{Printable.Escape(text)}' is not the number of a descriptor");
}
