namespace Vmm.Guest.Cpu.Cpuid;

/// <summary>The CPUID answers of a machine: the same for all vCPUs but for what holds the APIC id.</summary>
public sealed class CpuidTable
{
    private const int ApicIdShift = 24;
    private readonly CpuidEntry[] _entries;
    private readonly ProcessorTopology _topology;

    internal CpuidTable(CpuidEntry[] entries, ProcessorTopology topology)
    {
        _entries = entries;
        _topology = topology;
    }

    /// <summary>How many entries each vCPU has.</summary>
    public int Count => _entries.Length;

    /// <summary>Whether the guest sees a feature, by its exact name.</summary>
    public bool Has(string feature) => new CpuidLeaves(_entries).Has(feature);

    /// <summary>The names of all features that the guest sees, in table order.</summary>
    public IReadOnlyList<string> Features()
    {
        var leaves = new CpuidLeaves(_entries);
        var names = new List<string>(128);
        foreach (CpuFeatureBit bit in CpuFeatureTable.All)
        {
            if (leaves.Has(bit) && !names.Contains(bit.Name))
                names.Add(bit.Name);
        }
        return names;
    }

    /// <summary>The entries of one vCPU, ready for KVM_SET_CPUID2.</summary>
    /// <param name="vcpu">Its number, from 0.</param>
    public CpuidEntry[] ForVcpu(int vcpu)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)vcpu, (uint)_topology.Count);
        uint id = _topology.ApicIdOf(vcpu);
        var entries = (CpuidEntry[])_entries.Clone();
        foreach (ref CpuidEntry entry in entries.AsSpan())
        {
            entry = entry.Function switch
            {
                CpuidLeaf.Features => entry with { Ebx = (entry.Ebx & 0x00FF_FFFF) | (id << ApicIdShift) },
                CpuidLeaf.Topology or CpuidLeaf.TopologyV2 => entry with { Edx = id },
                CpuidLeaf.AmdTopology => AmdTopologyOf(entry, vcpu, id),
                _ => entry,
            };
        }
        return entries;
    }

    /// <summary>AMD APM 3, E.4.17: extended APIC id, core id and node id. A socket is one node here.</summary>
    private CpuidEntry AmdTopologyOf(in CpuidEntry entry, int vcpu, uint id)
    {
        uint core = (uint)(vcpu / _topology.Threads % _topology.Cores);
        uint socket = (uint)(vcpu / _topology.PerSocket);
        return entry with { Eax = id, Ebx = (entry.Ebx & 0xFF00) | (core & 0xFF), Ecx = socket & 0xFF };
    }
}
