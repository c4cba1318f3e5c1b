namespace Vmm.Guest.Cpu.Cpuid;

/// <summary>The names of processor features and where CPUID has them.</summary>
public static class CpuFeatureTable
{
    private const int NearestNames = 4;

    /// <summary>A register of a leaf, with a name for each bit from 0 up; <c>-</c> for bits that are no feature.</summary>
    private static readonly (uint Function, uint Index, CpuidRegister Register, string Names)[] s_rows =
    [
        (CpuidLeaf.Features, 0, CpuidRegister.Edx,
            "fpu vme de pse tsc msr pae mce cx8 apic - sep mtrr pge mca cmov pat pse36 pn clflush - dts acpi mmx fxsr sse sse2 ss ht tm ia64 pbe"),
        (CpuidLeaf.Features, 0, CpuidRegister.Ecx,
            "pni pclmulqdq dtes64 monitor ds_cpl vmx smx est tm2 ssse3 cid sdbg fma cx16 xtpr pdcm - pcid dca sse4_1 sse4_2 x2apic movbe popcnt tsc_deadline_timer aes xsave osxsave avx f16c rdrand hypervisor"),
        (CpuidLeaf.Power, 0, CpuidRegister.Eax, "dtherm ida arat - pln - pts hwp hwp_notify hwp_act_window hwp_epp hwp_pkg_req"),
        (CpuidLeaf.Extended7, 0, CpuidRegister.Ebx,
            "fsgsbase tsc_adjust sgx bmi1 hle avx2 fdp_excptn_only smep bmi2 erms invpcid rtm cqm zero_fcs_fds mpx rdt_a avx512f avx512dq rdseed adx smap avx512ifma - clflushopt clwb intel_pt avx512pf avx512er avx512cd sha_ni avx512bw avx512vl"),
        (CpuidLeaf.Extended7, 0, CpuidRegister.Ecx,
            "prefetchwt1 avx512vbmi umip pku ospke waitpkg avx512_vbmi2 shstk gfni vaes vpclmulqdq avx512_vnni avx512_bitalg tme avx512_vpopcntdq - la57 - - - - - rdpid kl bus_lock_detect cldemote - movdiri movdir64b enqcmd sgx_lc pks"),
        (CpuidLeaf.Extended7, 0, CpuidRegister.Edx,
            "- - avx512_4vnniw avx512_4fmaps fsrm uintr - - avx512_vp2intersect srbds_ctrl md_clear rtm_always_abort - tsx_force_abort serialize hybrid_cpu tsxldtrk - pconfig arch_lbr ibt - amx_bf16 avx512_fp16 amx_tile amx_int8 spec_ctrl intel_stibp flush_l1d arch_capabilities core_capabilities ssbd"),
        (CpuidLeaf.Extended7, 1, CpuidRegister.Eax,
            "sha512 sm3 sm4 - avx_vnni avx512_bf16 - cmpccxadd - - fzrm fsrs fsrc - - - - fred lkgs wrmsrns - amx_fp16 hreset avx_ifma - - lam"),
        (CpuidLeaf.Extended7, 1, CpuidRegister.Edx, "- - - - avx_vnni_int8 avx_ne_convert - - amx_complex - - - - - prefetchiti"),
        (CpuidLeaf.Xsave, 1, CpuidRegister.Eax, "xsaveopt xsavec xgetbv1 xsaves xfd"),
        (CpuidLeaf.KvmFeatures, 0, CpuidRegister.Eax,
            "kvmclock kvm_nopiodelay kvm_mmu kvmclock kvm_asyncpf kvm_steal_time kvm_pv_eoi kvm_pv_unhalt - kvm_pv_tlb_flush kvm_asyncpf_vmexit kvm_pv_ipi kvm_poll_control kvm_pv_sched_yield kvm_asyncpf_int kvm_msi_ext_dest_id kvm_hc_map_gpa_range kvm_migration_control - - - - - - kvmclock_stable_bit"),
        (CpuidLeaf.KvmFeatures, 0, CpuidRegister.Edx, "kvm_hint_dedicated"),
        (CpuidLeaf.ExtendedFeatures, 0, CpuidRegister.Edx,
            "- - - - - - - - - - - syscall - - - - - - - mp nx - mmxext - - fxsr_opt pdpe1gb rdtscp - lm 3dnowext 3dnow"),
        (CpuidLeaf.ExtendedFeatures, 0, CpuidRegister.Ecx,
            "lahf_lm cmp_legacy svm extapic cr8_legacy abm sse4a misalignsse 3dnowprefetch osvw ibs xop skinit wdt - lwp fma4 tce - nodeid_msr - tbm topoext perfctr_core perfctr_nb - bpext ptsc perfctr_llc mwaitx"),
        (CpuidLeaf.AdvancedPower, 0, CpuidRegister.Edx, "- - - - - - - - nonstop_tsc"),
        (CpuidLeaf.AddressWidths, 0, CpuidRegister.Ebx,
            "clzero irperf xsaveerptr invlpgb rdpru - mba - - wbnoinvd - - amd_ibpb - amd_ibrs amd_stibp - stibp_always_on - - - - - amd_ppin amd_ssbd virt_ssbd amd_ssb_no cppc amd_psfd btc_no - brs"),
        (CpuidLeaf.Svm, 0, CpuidRegister.Edx,
            "npt lbrv svm_lock nrip_save tsc_scale vmcb_clean flushbyasid decodeassists - - pausefilter - pfthreshold avic - v_vmsave_vmload vgif - x2avic - v_spec_ctrl - - - - vnmi"),
        (CpuidLeaf.ExtendedFeatures2, 0, CpuidRegister.Eax, "no_nested_data_bp - lfence_rdtsc - - - null_sel_clr_base - autoibrs no_smm_ctl_msr"),
    ];

    private static readonly (string Alias, string Name)[] s_aliases =
    [
        ("sse3", "pni"), ("cmpxchg16b", "cx16"), ("cmpxchg8b", "cx8"), ("pclmul", "pclmulqdq"), ("invtsc", "nonstop_tsc"), ("constant_tsc", "nonstop_tsc"),
        ("tsc_deadline", "tsc_deadline_timer"), ("sha", "sha_ni"), ("lzcnt", "abm"), ("ibpb", "amd_ibpb"), ("rdtsc", "tsc"), ("ffxsr", "fxsr_opt"),
    ];

    // Static fields are set in textual order, and this one is made from the rows.
    private static readonly CpuFeatureBit[] s_all = Parse();

    /// <summary>Where in the table a name has its first bit, and its second or −1: only <c>kvmclock</c> has two.</summary>
    private static readonly Dictionary<string, (int First, int Second)> s_byName = IndexNames();

    /// <summary>Every named bit. A name may have several.</summary>
    public static ReadOnlySpan<CpuFeatureBit> All => s_all;

    /// <summary>The bits of a feature; <c>-</c> and <c>.</c> in the name count as <c>_</c>, and a few other spellings are known.</summary>
    /// <returns>Empty when there is no such feature.</returns>
    public static IReadOnlyList<CpuFeatureBit> Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        string wanted = name.Replace('-', '_').Replace('.', '_');
        foreach ((string alias, string target) in s_aliases)
        {
            if (alias == wanted)
                wanted = target;
        }
        if (!s_byName.TryGetValue(wanted, out (int First, int Second) at))
            return [];
        return at.Second < 0 ? [s_all[at.First]] : [s_all[at.First], s_all[at.Second]];
    }

    /// <summary>Where <see cref="All"/> has a feature, by its exact name; −1 for none.</summary>
    internal static (int First, int Second) IndexOf(string name) => s_byName.TryGetValue(name, out (int First, int Second) at) ? at : (-1, -1);

    /// <summary>Features whose names are most like one that does not exist.</summary>
    public static IReadOnlyList<string> FindNear(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        int limit = Math.Max(2, name.Length / 2);
        return [.. s_all.Select(bit => bit.Name).Distinct()
            .Select(candidate => (Name: candidate, Distance: Distance(name, candidate)))
            .Where(pair => pair.Distance <= limit)
            .OrderBy(pair => pair.Distance)
            .Take(NearestNames)
            .Select(pair => pair.Name)];
    }

    private static Dictionary<string, (int First, int Second)> IndexNames()
    {
        var index = new Dictionary<string, (int First, int Second)>(s_all.Length);
        for (int i = 0; i < s_all.Length; i++)
        {
            if (!index.TryAdd(s_all[i].Name, (i, -1)))
                index[s_all[i].Name] = index[s_all[i].Name] with { Second = i };
        }
        return index;
    }

    private static CpuFeatureBit[] Parse()
    {
        var bits = new List<CpuFeatureBit>(256);
        foreach ((uint function, uint index, CpuidRegister register, string names) in s_rows)
        {
            int bit = 0;
            foreach (string name in names.Split(' '))
            {
                if (name != "-")
                    bits.Add(new CpuFeatureBit(name, function, index, register, bit));
                bit++;
            }
        }
        return [.. bits];
    }

    /// <summary>Levenshtein's distance.</summary>
    private static int Distance(string a, string b)
    {
        int[] row = new int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++)
            row[j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.Length];
    }
}
