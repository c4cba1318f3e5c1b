using System.Text.Json.Serialization;

namespace Vmm.Machine.Config;

/// <summary>The processors of the host that a vCPU may run on.</summary>
internal sealed record VcpuAffinity
{
    /// <summary>The vCPU's number, from 0; all of them when not given.</summary>
    public int? Vcpu { get; set; }

    /// <summary>Numbers of the host's processors. Resolved: ascending, each once.</summary>
    [JsonRequired]
    public IReadOnlyList<int> HostCpus { get; set; } = [];
}
