namespace Vmm.Guest.Cpu.Cpuid;

/// <summary>Writes the leaves that tell sockets, cores and threads apart, but for the APIC ids themselves.</summary>
internal static class CpuidTopology
{
    // Leaf 0xB and 0x1F, ECX bits 8–15: level types (Intel SDM 2A, CPUID)
    private const uint ThreadLevel = 1 << 8;
    private const uint CoreLevel = 2 << 8;

    /// <summary>Leaf 1 EBX bits 16–23 count at most this many.</summary>
    private const uint MostLogical = 255;

    /// <summary>Cache leaves: level in EAX bits 5–7; type in bits 0–4, 0 meaning none.</summary>
    private const int CacheLevelShift = 5;

    private const int SharedShift = 14;
    private const uint SharedMask = 0xFFF << SharedShift;
    private const int IntelCoresShift = 26;
    private const uint SocketCacheLevel = 3;

    /// <summary>Writes them for a topology.</summary>
    public static void Write(CpuidLeaves leaves, ProcessorTopology topology, bool isAmd)
    {
        WriteFeatures(leaves, topology, isAmd);
        WriteLevels(leaves, CpuidLeaf.Topology, topology);
        CpuidEntry vendor = leaves.Get(CpuidLeaf.Vendor);
        leaves.Set(vendor with { Eax = Math.Max(vendor.Eax, CpuidLeaf.Topology) });
        if (!isAmd && vendor.Eax >= CpuidLeaf.TopologyV2)
            WriteLevels(leaves, CpuidLeaf.TopologyV2, topology);
        else
            leaves.RemoveLeaf(CpuidLeaf.TopologyV2);
        if (isAmd)
            WriteAmd(leaves, topology);
        WriteCaches(leaves, isAmd ? CpuidLeaf.AmdCaches : CpuidLeaf.IntelCaches, topology, isAmd);
    }

    private static void WriteFeatures(CpuidLeaves leaves, ProcessorTopology topology, bool isAmd)
    {
        const uint hyperThreading = 1 << 28;
        const uint coreLegacy = 1 << 1;
        CpuidEntry entry = leaves.Get(CpuidLeaf.Features);
        bool several = topology.PerSocket > 1;
        uint logical = Math.Min(1U << topology.SocketBits, MostLogical);
        leaves.Set(entry with
        {
            Ebx = (entry.Ebx & 0x0000_FFFF) | (logical << 16),
            Edx = several ? entry.Edx | hyperThreading : entry.Edx & ~hyperThreading,
        });
        if (!isAmd || leaves.IndexOf(CpuidLeaf.ExtendedFeatures) < 0)
            return;
        entry = leaves.Get(CpuidLeaf.ExtendedFeatures);
        leaves.Set(entry with { Ecx = several ? entry.Ecx | coreLegacy : entry.Ecx & ~coreLegacy });
    }

    private static void WriteLevels(CpuidLeaves leaves, uint function, ProcessorTopology topology)
    {
        leaves.RemoveLeaf(function);
        Level(0, (uint)topology.ThreadBits, (uint)topology.Threads, ThreadLevel);
        Level(1, (uint)topology.SocketBits, (uint)topology.PerSocket, CoreLevel);
        Level(2, 0, 0, 0);

        void Level(uint index, uint shift, uint count, uint type) =>
            leaves.Set(new CpuidEntry(function, index, CpuidEntry.SignificantIndex, shift, count, type | index, 0));
    }

    /// <summary>AMD APM 3, E.4.7 (leaf 0x8000_0008 ECX) and E.4.17 (leaf 0x8000_001E).</summary>
    private static void WriteAmd(CpuidLeaves leaves, ProcessorTopology topology)
    {
        if (leaves.IndexOf(CpuidLeaf.AddressWidths) >= 0)
        {
            CpuidEntry widths = leaves.Get(CpuidLeaf.AddressWidths);
            uint count = Math.Min((uint)topology.PerSocket - 1, 0xFF);
            leaves.Set(widths with { Ecx = ((uint)topology.SocketBits << 12) | count });
        }
        if (!leaves.Has("topoext"))
        {
            leaves.RemoveLeaf(CpuidLeaf.AmdTopology);
            return;
        }
        leaves.Set(new CpuidEntry(CpuidLeaf.AmdTopology, 0, 0, 0, (uint)(topology.Threads - 1) << 8, 0, 0));
        CpuidEntry last = leaves.Get(CpuidLeaf.LastExtended);
        leaves.Set(last with { Eax = Math.Max(last.Eax, CpuidLeaf.AmdTopology) });
    }

    /// <summary>The threads of a core share its caches, the processors of a socket share the third level.</summary>
    private static void WriteCaches(CpuidLeaves leaves, uint function, ProcessorTopology topology, bool isAmd)
    {
        for (int i = 0; i < leaves.Count; i++)
        {
            CpuidEntry entry = leaves[i];
            if (entry.Function != function || (entry.Eax & 0x1F) == 0)
                continue;
            bool ofSocket = (entry.Eax >> CacheLevelShift & 7) >= SocketCacheLevel;
            uint shared = (1U << (ofSocket ? topology.SocketBits : topology.ThreadBits)) - 1;
            uint eax = (entry.Eax & ~SharedMask) | Math.Min(shared, 0xFFF) << SharedShift;
            if (!isAmd)
            {
                uint cores = (1U << (topology.SocketBits - topology.ThreadBits)) - 1;
                eax = (eax & ((1U << IntelCoresShift) - 1)) | Math.Min(cores, 0x3F) << IntelCoresShift;
            }
            leaves[i] = entry with { Eax = eax };
        }
    }
}
