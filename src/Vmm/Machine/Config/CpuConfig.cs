using System.Text.Json.Serialization;

namespace Vmm.Machine.Config;

/// <summary>Virtual processors. Parts of the topology that are left out are chosen so that the product matches.</summary>
internal sealed record CpuConfig
{
    /// <summary>How many processors; the product of the topology when not given.</summary>
    public int? Count { get; set; }

    /// <summary>Sockets.</summary>
    public int? Sockets { get; set; }

    /// <summary>Cores in each socket.</summary>
    public int? Cores { get; set; }

    /// <summary>Threads in each core.</summary>
    public int? Threads { get; set; }

    /// <summary>Which processors of the host they are kept on; not given: the host's scheduler decides.</summary>
    public IReadOnlyList<VcpuAffinity>? Affinity { get; set; }

    /// <summary>All four of the topology, once resolved.</summary>
    [JsonIgnore]
    public CpuTopology Topology => this is { Count: int count, Sockets: int sockets, Cores: int cores, Threads: int threads }
        ? new(count, sockets, cores, threads)
        : throw new InvalidOperationException("The configuration has not been resolved.");
}
