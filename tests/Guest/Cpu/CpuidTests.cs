using Vmm.Guest.Cpu;
using Vmm.Guest.Cpu.Cpuid;

namespace Vmm.Tests.Guest.Cpu;

public class CpuidTests
{
    private static readonly ProcessorTopology s_one = new(1, 1, 1);

    [Fact]
    public void Each_vcpu_sees_its_own_apic_id_everywhere()
    {
        CpuidTable table = CpuidPolicy.Build(Hosts.Amd(), new CpuidRequest { Topology = new ProcessorTopology(2, 3, 2) });
        CpuidEntry[] entries = table.ForVcpu(9);
        Assert.Equal(11U, Get(entries, 1).Ebx >> 24);
        Assert.All(entries.Where(e => e.Function == 0xB), e => Assert.Equal(11U, e.Edx));
        CpuidEntry amd = Get(entries, 0x8000_001E);
        Assert.Equal((11U, 1U, 1U, 1U), (amd.Eax, amd.Ebx & 0xFF, amd.Ebx >> 8, amd.Ecx));
    }

    [Fact]
    public void Amd_host_without_topology_extensions_still_tells_threads_from_cores()
    {
        CpuidEntry[] host = [.. Hosts.Amd().Where(e => e.Function < 0x8000_0000), new(0x8000_0000, 0, 0, 0x8000_000A, 0, 0, 0), new(0x8000_0001, 0, 0, 0, 0, 0, 0)];
        const uint topologyExtensions = 1 << 22;
        CpuidEntry[] threads = CpuidPolicy.Build(host, new CpuidRequest { Topology = new ProcessorTopology(1, 2, 2) }).ForVcpu(3);
        Assert.NotEqual(0U, Get(threads, 0x8000_0001).Ecx & topologyExtensions);
        Assert.Equal((3U, 0x101U), (Get(threads, 0x8000_001E).Eax, Get(threads, 0x8000_001E).Ebx));
        Assert.Equal(0x8000_001EU, Get(threads, 0x8000_0000).Eax);

        CpuidEntry[] cores = CpuidPolicy.Build(host, new CpuidRequest { Topology = new ProcessorTopology(1, 4, 1) }).ForVcpu(3);
        Assert.Equal(0U, Get(cores, 0x8000_0001).Ecx & topologyExtensions);
        CpuidRequest without = new() { Topology = new ProcessorTopology(1, 2, 2), Removed = ["topoext"] };
        Assert.Equal(0U, Get(CpuidPolicy.Build(host, without).ForVcpu(0), 0x8000_0001).Ecx & topologyExtensions);
    }

    [Fact]
    public void Topology_leaves_describe_sockets_cores_and_threads()
    {
        CpuidEntry[] entries = CpuidPolicy.Build(Hosts.Amd(), new CpuidRequest { Topology = new ProcessorTopology(2, 3, 2) }).ForVcpu(0);
        Assert.Equal((1U, 2U, 0x100U), Level(entries, 0xB, 0));
        Assert.Equal((3U, 6U, 0x201U), Level(entries, 0xB, 1));
        Assert.Equal((0U, 0U, 2U), Level(entries, 0xB, 2));
        Assert.Equal(8U, Get(entries, 1).Ebx >> 16 & 0xFF);
        Assert.Equal(1U, Get(entries, 1).Edx >> 28 & 1);
        Assert.Equal(0x3005U, Get(entries, 0x8000_0008).Ecx);
        Assert.Equal(1U, Get(entries, 0x8000_0001).Ecx >> 1 & 1);
        Assert.Equal(1U, Get(entries, 0x8000_001D, 0).Eax >> 14 & 0xFFF);
        Assert.Equal(7U, Get(entries, 0x8000_001D, 3).Eax >> 14 & 0xFFF);
        Assert.DoesNotContain(entries, e => e.Function == 0x1F);
    }

    [Fact]
    public void Intel_gets_leaves_4_and_1f()
    {
        CpuidEntry[] entries = CpuidPolicy.Build(Hosts.Intel(), new CpuidRequest { Topology = new ProcessorTopology(1, 4, 2) }).ForVcpu(5);
        Assert.Equal((3U << 26) | (1U << 14), Get(entries, 4, 0).Eax & 0xFFFF_C000);
        Assert.Equal((3U << 26) | (7U << 14), Get(entries, 4, 3).Eax & 0xFFFF_C000);
        Assert.Equal((1U, 2U, 0x100U), Level(entries, 0x1F, 0));
        Assert.Equal(5U, Get(entries, 0x1F, 1).Edx);
        Assert.DoesNotContain(entries, e => e.Function == 0x8000_001E);
    }

    [Fact]
    public void Single_processor_has_neither_hyper_threading_nor_core_legacy()
    {
        CpuidEntry[] entries = CpuidPolicy.Build(Hosts.Amd(), new CpuidRequest { Topology = s_one }).ForVcpu(0);
        Assert.Equal(0U, Get(entries, 1).Edx >> 28 & 1);
        Assert.Equal(0U, Get(entries, 0x8000_0001).Ecx >> 1 & 1);
        Assert.Equal(1U, Get(entries, 1).Ebx >> 16 & 0xFF);
    }

    [Fact]
    public void Hypervisor_bit_and_kvm_signature_are_there()
    {
        CpuidEntry[] entries = CpuidPolicy.Build(Hosts.Amd(), new CpuidRequest { Topology = s_one }).ForVcpu(0);
        Assert.Equal(1U, Get(entries, 1).Ecx >> 31);
        Assert.Equal(0x4B4D_564BU, Get(entries, 0x4000_0000).Ebx);
        Assert.Equal(0x0100_7EFBU, Get(entries, 0x4000_0001).Eax);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Tsc_deadline_timer_is_there_exactly_when_kvm_has_it(bool has) =>
        Assert.Equal(has, CpuidPolicy.Build(Hosts.Amd(), new CpuidRequest { Topology = s_one, TscDeadlineTimer = has }).Has("tsc_deadline_timer"));

    [Fact]
    public void Removed_feature_takes_along_what_depends_on_it()
    {
        CpuidTable table = Build(removed: ["avx2"]);
        Assert.True(table.Has("avx") && table.Has("fma"));
        Assert.False(table.Has("avx2") || table.Has("avx512f") || table.Has("avx512bw") || table.Has("avx512_bf16"));
    }

    [Fact]
    public void Removing_avx512f_takes_its_registers_out_of_the_xsave_leaf()
    {
        CpuidEntry[] entries = Build(removed: ["avx512f"]).ForVcpu(0);
        CpuidEntry main = Get(entries, 0xD, 0);
        Assert.Equal(7U, main.Eax);
        Assert.Equal((0x340U, 0x340U), (main.Ebx, main.Ecx));
        Assert.DoesNotContain(entries, e => e is { Function: 0xD, Index: 5 or 6 or 7 });
        Assert.Contains(entries, e => e is { Function: 0xD, Index: 2 });
    }

    [Fact]
    public void Removing_xsave_takes_the_whole_leaf_and_avx()
    {
        CpuidTable table = Build(removed: ["xsave"]);
        Assert.False(table.Has("avx") || table.Has("xsaveopt"));
        Assert.DoesNotContain(table.ForVcpu(0), e => e.Function == 0xD);
    }

    [Fact]
    public void Feature_that_kvm_lists_can_be_added_and_changes_nothing() =>
        Assert.True(Build(added: ["avx512f", "cx16", "x2apic"]).Has("avx512f"));

    [Fact]
    public void Feature_that_the_host_lacks_cannot_be_added()
    {
        var fault = Assert.Throws<CpuidException>(() => Build(added: ["amx_tile"]));
        Assert.Equal("CPU feature 'amx_tile' cannot be added: KVM on this host does not offer it", fault.Message);
    }

    [Fact]
    public void Feature_whose_ground_was_removed_cannot_be_added()
    {
        var fault = Assert.Throws<CpuidException>(() => Build(removed: ["avx"], added: ["avx2"]));
        Assert.Equal("CPU feature 'avx2' cannot be added: it needs 'avx', which the guest does not have", fault.Message);
    }

    [Fact]
    public void Unknown_feature_is_refused_with_near_names()
    {
        var fault = Assert.Throws<CpuidException>(() => Build(removed: ["avx51f"]));
        Assert.StartsWith("CPU feature 'avx51f' is unknown; near it: avx512f", fault.Message);
    }

    [Theory]
    [InlineData("sse4.1", "sse4_1")]
    [InlineData("sse4-2", "sse4_2")]
    [InlineData("sse3", "pni")]
    [InlineData("cmpxchg16b", "cx16")]
    [InlineData("tsc-deadline", "tsc_deadline_timer")]
    public void Other_spellings_are_understood(string spelling, string name) =>
        Assert.Equal(CpuFeatureTable.Find(name), CpuFeatureTable.Find(spelling));

    [Fact]
    public void Masked_features_are_gone_even_though_kvm_lists_them()
    {
        CpuidTable table = CpuidPolicy.Build(Hosts.Amd(), new CpuidRequest { Topology = s_one, Masked = ["cx16", "clwb"] });
        Assert.False(table.Has("cx16") || table.Has("clwb"));
        Assert.True(table.Has("clflushopt"));
    }

    [Fact]
    public void Removing_kvmclock_removes_both_of_its_bits() =>
        Assert.Equal(0U, Get(Build(removed: ["kvmclock"]).ForVcpu(0), 0x4000_0001).Eax & 9);

    [Fact]
    public void Amd_repeats_removed_features_in_its_own_leaf() =>
        Assert.Equal(0U, Get(Build(removed: ["mmx"]).ForVcpu(0), 0x8000_0001).Edx & (1 << 23));

    [Fact]
    public void No_leaf_is_listed_twice_and_ranges_stay_together()
    {
        CpuidEntry[] entries = Build().ForVcpu(0);
        Assert.Equal(entries.Length, entries.Select(e => (e.Function, e.Index)).Distinct().Count());
        Assert.All(entries.Where(e => e.Function is 0xB or 0xD or 4), e => Assert.Equal(CpuidEntry.SignificantIndex, e.Flags));
    }

    [Fact]
    public void Table_names_at_least_120_features_each_at_one_place()
    {
        Assert.True(CpuFeatureTable.All.ToArray().Select(b => b.Name).Distinct().Count() >= 120);
        var places = CpuFeatureTable.All.ToArray().Select(b => (b.Function, b.Index, b.Register, b.Bit)).ToList();
        Assert.Equal(places.Count, places.Distinct().Count());
        Assert.All(places, p => Assert.InRange(p.Bit, 0, 31));
    }

    [Theory]
    [InlineData("avx512f", 7U, 0U, CpuidRegister.Ebx, 16)]
    [InlineData("avx512vl", 7U, 0U, CpuidRegister.Ebx, 31)]
    [InlineData("clwb", 7U, 0U, CpuidRegister.Ebx, 24)]
    [InlineData("rdpid", 7U, 0U, CpuidRegister.Ecx, 22)]
    [InlineData("ssbd", 7U, 0U, CpuidRegister.Edx, 31)]
    [InlineData("arch_capabilities", 7U, 0U, CpuidRegister.Edx, 29)]
    [InlineData("avx512_bf16", 7U, 1U, CpuidRegister.Eax, 5)]
    [InlineData("lam", 7U, 1U, CpuidRegister.Eax, 26)]
    [InlineData("x2apic", 1U, 0U, CpuidRegister.Ecx, 21)]
    [InlineData("pbe", 1U, 0U, CpuidRegister.Edx, 31)]
    [InlineData("lm", 0x8000_0001U, 0U, CpuidRegister.Edx, 29)]
    [InlineData("mwaitx", 0x8000_0001U, 0U, CpuidRegister.Ecx, 29)]
    [InlineData("amd_ssbd", 0x8000_0008U, 0U, CpuidRegister.Ebx, 24)]
    [InlineData("vnmi", 0x8000_000AU, 0U, CpuidRegister.Edx, 25)]
    [InlineData("kvmclock_stable_bit", 0x4000_0001U, 0U, CpuidRegister.Eax, 24)]
    public void Feature_is_at_the_manuals_place(string name, uint function, uint index, CpuidRegister register, int bit) =>
        Assert.Equal(new CpuFeatureBit(name, function, index, register, bit), Assert.Single(CpuFeatureTable.Find(name)));

    private static CpuidTable Build(string[]? removed = null, string[]? added = null) =>
        CpuidPolicy.Build(Hosts.Amd(), new CpuidRequest { Topology = s_one, Removed = removed ?? [], Added = added ?? [] });

    private static CpuidEntry Get(CpuidEntry[] entries, uint function, uint index = 0) => entries.Single(e => e.Function == function && e.Index == index);

    private static (uint, uint, uint) Level(CpuidEntry[] entries, uint function, uint index)
    {
        CpuidEntry entry = Get(entries, function, index);
        return (entry.Eax, entry.Ebx, entry.Ecx);
    }
}
