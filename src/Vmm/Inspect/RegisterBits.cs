namespace Vmm.Inspect;

/// <summary>The names of bits in registers (Intel SDM 1, 3.4.3; 3A, 2.2.1 and 2.5; AMD APM 2, 3.1.7).</summary>
internal static class RegisterBits
{
    private static readonly string[] s_rflags =
        ["CF", "", "PF", "", "AF", "", "ZF", "SF", "TF", "IF", "DF", "OF", "", "", "NT", "", "RF", "VM", "AC", "VIF", "VIP", "ID"];

    private static readonly string[] s_cr0 =
        ["PE", "MP", "EM", "TS", "ET", "NE", "", "", "", "", "", "", "", "", "", "", "WP", "", "AM", "", "", "", "", "", "", "", "", "", "", "NW", "CD", "PG"];

    private static readonly string[] s_cr4 =
    [
        "VME", "PVI", "TSD", "DE", "PSE", "PAE", "MCE", "PGE", "PCE", "OSFXSR", "OSXMMEXCPT", "UMIP", "LA57", "VMXE", "SMXE", "",
        "FSGSBASE", "PCIDE", "OSXSAVE", "KL", "SMEP", "SMAP", "PKE", "CET", "PKS", "UINTR", "", "LASS", "LAM_SUP",
    ];

    private static readonly string[] s_efer =
        ["SCE", "", "", "", "", "", "", "", "LME", "", "LMA", "NXE", "SVME", "LMSLE", "FFXSR", "TCE", "", "MCOMMIT", "INTWB", "", "UAIE", "AIBRSE"];

    private const int IoPrivilegeShift = 12;

    /// <summary>RFLAGS, with the I/O privilege level where it is not 0.</summary>
    public static IReadOnlyList<string> Rflags(ulong value)
    {
        ulong level = value >> IoPrivilegeShift & 3;
        IReadOnlyList<string> names = Names(value & ~(3UL << IoPrivilegeShift) & ~2UL, s_rflags);
        return level == 0 ? names : [.. names, $"IOPL={level}"];
    }

    /// <summary>CR0.</summary>
    public static IReadOnlyList<string> Cr0(ulong value) => Names(value, s_cr0);

    /// <summary>CR4.</summary>
    public static IReadOnlyList<string> Cr4(ulong value) => Names(value, s_cr4);

    /// <summary>EFER.</summary>
    public static IReadOnlyList<string> Efer(ulong value) => Names(value, s_efer);

    /// <summary>The bits that are set, a name each; those without one by their number.</summary>
    private static List<string> Names(ulong value, string[] names)
    {
        List<string> set = [];
        for (int bit = 0; bit < 64; bit++)
        {
            if ((value >> bit & 1) != 0)
                set.Add(bit < names.Length && names[bit].Length > 0 ? names[bit] : $"bit{bit}");
        }
        return set;
    }
}
