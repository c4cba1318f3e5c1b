using System.Text.Json.Serialization;

namespace Vmm.Machine.Config;

/// <summary>One virtio network device and where its frames go: exactly one of <see cref="Tap"/>, <see cref="Fd"/> and <see cref="Passt"/>.</summary>
internal sealed record NetConfig
{
    /// <summary>The host's tap interface.</summary>
    public string? Tap { get; set; }

    /// <summary>Open tap descriptors that vmm inherits, one a pair of queues.</summary>
    public IReadOnlyList<int>? Fd { get; set; }

    /// <summary>Through Debian's <c>passt</c>, which needs neither root nor set-up.</summary>
    public bool Passt { get; set; }

    /// <summary>Ports of the host that lead to ports of the guest; with passt.</summary>
    public IReadOnlyList<PortForward> Forward { get; set; } = [];

    /// <summary>The device's address. Resolved: never null; made from the machine's name when not given (<see cref="MacAddresses"/>).</summary>
    public MacAddress? Mac { get; set; }

    /// <summary>What the guest is told to keep its packets to. Null: the guest is told what the tap says, or nothing, and takes 1500.</summary>
    public int? Mtu { get; set; }

    /// <summary>Pairs of queues, one to receive and one to transmit each. Resolved: never null.</summary>
    public int? Queues { get; set; }

    /// <summary>Descriptors in each queue. Null: as many as the device thinks best.</summary>
    public int? QueueSize { get; set; }

    /// <summary>What it is called in messages and by <c>vmm link</c>. Resolved: never null; <c>net0</c>, <c>net1</c> … when not given.</summary>
    public string? Id { get; set; }

    /// <summary>Whether the cable is plugged in when the guest starts.</summary>
    public NetLink Link { get; set; }

    /// <summary>Who moves a tap's frames. Null: vmm itself.</summary>
    public NetVhost? Vhost { get; set; }

    /// <summary>How much it may move in a time, in each direction; null for no limit.</summary>
    public RateConfig? Limit { get; set; }

    /// <summary>The kind of back end, in one word. Of a resolved description.</summary>
    [JsonIgnore]
    public string Backend => Passt ? "passt" : Tap is not null ? "tap" : "fd";
}
