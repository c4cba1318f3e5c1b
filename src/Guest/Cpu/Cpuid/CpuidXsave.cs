namespace Vmm.Guest.Cpu.Cpuid;

/// <summary>Keeps leaf 0xD true to the features: no component of XSAVE without the feature that uses it (Intel SDM 1, 13.2).</summary>
internal static class CpuidXsave
{
    /// <summary>The components and the feature without which each goes. x87 and SSE (bits 0, 1) always stay.</summary>
    private static readonly (ulong Components, string Feature)[] s_components =
    [
        (1UL << 2, "avx"),
        (3UL << 3, "mpx"),
        (7UL << 5, "avx512f"),
        (1UL << 9, "pku"),
        (3UL << 17, "amx_tile"),
    ];

    /// <summary>Legacy area and header: what the standard form takes at least (SDM 1, 13.4).</summary>
    private const uint SmallestArea = 512 + 64;

    private const uint FirstComponent = 2;
    private const uint ComponentLimit = 63;

    /// <summary>Takes away components, their sub-leaves, and the room for them.</summary>
    public static void Settle(CpuidLeaves leaves)
    {
        int at = leaves.IndexOf(CpuidLeaf.Xsave);
        if (at < 0)
            return;
        if (!leaves.Has("xsave"))
        {
            leaves.RemoveLeaf(CpuidLeaf.Xsave);
            return;
        }
        CpuidEntry main = leaves[at];
        ulong user = main.Eax | ((ulong)main.Edx << 32);
        ulong kept = user;
        foreach ((ulong components, string feature) in s_components)
        {
            if ((kept & components) != 0 && !leaves.Has(feature))
                kept &= ~components;
        }
        if (kept == user)
            return;
        ulong gone = user & ~kept;
        leaves.RemoveWhere(e => e.Function == CpuidLeaf.Xsave && e.Index is >= FirstComponent and < ComponentLimit && (gone >> (int)e.Index & 1) != 0);
        uint size = SmallestArea;
        for (uint i = FirstComponent; i < ComponentLimit; i++)
        {
            CpuidEntry component = leaves.Get(CpuidLeaf.Xsave, i);
            if ((kept >> (int)i & 1) != 0)
                size = Math.Max(size, component.Ebx + component.Eax);
        }
        leaves.Set(main with { Eax = (uint)kept, Edx = (uint)(kept >> 32), Ebx = size, Ecx = size });
    }
}
