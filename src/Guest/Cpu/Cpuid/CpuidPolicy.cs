namespace Vmm.Guest.Cpu.Cpuid;

/// <summary>Makes the guest's CPUID from what KVM supports: features by name, topology, and leaves that agree with each other.</summary>
/// <remarks>
/// In this order: what does not work is masked; what was removed goes, with all that depends on it; what was added must
/// then be there; XSAVE components follow the features that use them; the topology leaves are written anew. The hypervisor
/// bit is always set, and KVM's own leaves stay.
/// </remarks>
public static class CpuidPolicy
{
    /// <summary>Bits of leaf 1 EDX that AMD repeats in leaf 0x8000_0001 EDX (AMD APM 3, E.4.2).</summary>
    private const uint AmdRepeatedBits = 0x0183_F3FF;

    /// <summary>Builds the answers.</summary>
    /// <param name="supported">What KVM_GET_SUPPORTED_CPUID lists.</param>
    /// <param name="request">What is wanted.</param>
    /// <exception cref="CpuidException">A feature is unknown, or the host lacks one that was added.</exception>
    public static CpuidTable Build(ReadOnlySpan<CpuidEntry> supported, CpuidRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var leaves = new CpuidLeaves(supported);
        if (leaves.IndexOf(CpuidLeaf.Features) < 0)
            throw new CpuidException("KVM lists no CPUID leaf 1; no processor can be made from that");
        SetBit(leaves, "hypervisor", true);
        SetBit(leaves, "tsc_deadline_timer", request.TscDeadlineTimer);
        // Set by KVM while the guest runs, from CR4; in a list they are leftovers of the host.
        SetBit(leaves, "osxsave", false);
        SetBit(leaves, "ospke", false);

        foreach (string name in request.Masked)
            Remove(leaves, name);
        foreach (string name in request.Removed)
            Remove(leaves, name);
        // Many answers to "why is it missing" are dependencies: settle first, then look.
        if (request.Masked.Count + request.Removed.Count > 0)
            CpuFeatureDependencies.Settle(leaves);
        foreach (string name in request.Added)
            CheckAdded(leaves, name);

        bool isAmd = IsAmd(leaves);
        if (isAmd)
            RepeatFeatures(leaves);
        // Without this Linux takes the threads of an AMD core for cores; it costs the host nothing to answer.
        if (isAmd && request.Topology.Threads > 1 && !request.Removed.Contains("topoext"))
            SetBit(leaves, "topoext", true);
        CpuidXsave.Settle(leaves);
        CpuidTopology.Write(leaves, request.Topology, isAmd);
        return new CpuidTable(leaves.ToArray(), request.Topology);
    }

    private static void Remove(CpuidLeaves leaves, string name)
    {
        foreach (CpuFeatureBit bit in Find(name))
            leaves.Put(bit, false);
    }

    private static void CheckAdded(CpuidLeaves leaves, string name)
    {
        foreach (CpuFeatureBit bit in Find(name))
        {
            if (leaves.Has(bit))
                return;
            if (CpuFeatureDependencies.MissingFor(bit.Name, leaves) is { } ground)
                throw new CpuidException($"CPU feature '{name}' cannot be added: it needs '{ground}', which the guest does not have");
        }
        throw new CpuidException($"CPU feature '{name}' cannot be added: KVM on this host does not offer it");
    }

    private static IReadOnlyList<CpuFeatureBit> Find(string name)
    {
        IReadOnlyList<CpuFeatureBit> bits = CpuFeatureTable.Find(name);
        if (bits.Count > 0)
            return bits;
        IReadOnlyList<string> near = CpuFeatureTable.FindNear(name);
        string hint = near.Count == 0 ? "" : $"; near it: {string.Join(", ", near)}";
        throw new CpuidException($"CPU feature '{name}' is unknown{hint}");
    }

    private static void SetBit(CpuidLeaves leaves, string name, bool value)
    {
        foreach (CpuFeatureBit bit in CpuFeatureTable.Find(name))
            leaves.Put(bit, value);
    }

    private static void RepeatFeatures(CpuidLeaves leaves)
    {
        int at = leaves.IndexOf(CpuidLeaf.ExtendedFeatures);
        if (at < 0)
            return;
        CpuidEntry entry = leaves[at];
        leaves[at] = entry with { Edx = entry.Edx & (~AmdRepeatedBits | leaves.Get(CpuidLeaf.Features).Edx) };
    }

    private static bool IsAmd(CpuidLeaves leaves)
    {
        const uint auth = 0x6874_7541;  // "Auth" of AuthenticAMD
        const uint hygo = 0x6F67_7948;  // "Hygo" of HygonGenuine, which follows AMD
        return leaves.Get(CpuidLeaf.Vendor).Ebx is auth or hygo;
    }
}
