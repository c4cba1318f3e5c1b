namespace Vmm.Guest.Cpu.Cpuid;

/// <summary>Which features make no sense without which others; taking one away takes away what stands on it.</summary>
internal static class CpuFeatureDependencies
{
    /// <summary>Each line: what is needed, then those that need it (Intel SDM 1, 12–18; AMD APM 3).</summary>
    private static readonly string[] s_lines =
    [
        "apic x2apic tsc_deadline_timer",
        "cx8 cx16",
        "fxsr sse fxsr_opt",
        "sse sse2",
        "sse2 pni aes pclmulqdq sha_ni gfni",
        "pni ssse3 sse4a",
        "ssse3 sse4_1",
        "sse4_1 sse4_2",
        "sse4_2 avx",
        "xsave avx pku mpx amx_tile xsaveopt xsavec xgetbv1 xsaves xfd",
        "xsavec xsaves",
        "avx avx2 fma f16c fma4 xop vaes vpclmulqdq avx_vnni avx_ifma avx_vnni_int8 avx_ne_convert sha512 sm3 sm4",
        "avx2 avx512f",
        "avx512f avx512dq avx512ifma avx512pf avx512er avx512cd avx512bw avx512vl avx512vbmi avx512_vbmi2 avx512_vnni avx512_bitalg avx512_vpopcntdq avx512_4vnniw avx512_4fmaps avx512_vp2intersect avx512_fp16 avx512_bf16",
        "amx_tile amx_bf16 amx_int8 amx_fp16 amx_complex",
        "pcid invpcid",
        "svm npt lbrv svm_lock nrip_save tsc_scale vmcb_clean flushbyasid decodeassists pausefilter pfthreshold avic v_vmsave_vmload vgif x2avic v_spec_ctrl vnmi",
        "kvm_asyncpf kvm_asyncpf_vmexit kvm_asyncpf_int",
    ];

    /// <summary>Clears every feature whose ground is missing, until nothing changes.</summary>
    public static void Settle(CpuidLeaves leaves)
    {
        bool changed = true;
        while (changed)
        {
            changed = false;
            foreach (string line in s_lines)
            {
                string[] names = line.Split(' ');
                if (leaves.Has(names[0]))
                    continue;
                for (int i = 1; i < names.Length; i++)
                    changed |= leaves.Remove(names[i]);
            }
        }
    }

    /// <summary>A feature that <paramref name="name"/> needs and that is missing; null when there is none.</summary>
    public static string? MissingFor(string name, CpuidLeaves leaves)
    {
        foreach (string line in s_lines)
        {
            string[] names = line.Split(' ');
            if (Array.IndexOf(names, name, 1) > 0 && !leaves.Has(names[0]))
                return names[0];
        }
        return null;
    }
}
