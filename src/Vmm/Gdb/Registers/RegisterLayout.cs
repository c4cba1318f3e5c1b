namespace Vmm.Gdb.Registers;

/// <summary>
/// The registers of an amd64 vCPU in the order in which the debugger numbers them: gdb's standard features for this
/// processor ("Debugging with GDB", i386 Features), then the ones that only a machine has.
/// </summary>
internal static class RegisterLayout
{
    /// <summary>Where the general registers begin: rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp, r8 to r15, rip.</summary>
    public const int General = 0;

    /// <summary>rip.</summary>
    public const int Rip = General + 16 * 8;

    /// <summary>rflags, its lower half.</summary>
    public const int Flags = Rip + 8;

    /// <summary>Selectors: cs, ss, ds, es, fs, gs.</summary>
    public const int Selectors = Flags + 4;

    /// <summary>st0 to st7, 10 bytes each.</summary>
    public const int X87 = Selectors + 6 * 4;

    /// <summary>fctrl, fstat, ftag, fiseg, fioff, foseg, fooff, fop.</summary>
    public const int X87Control = X87 + 8 * 10;

    /// <summary>xmm0 to xmm15.</summary>
    public const int Xmm = X87Control + 8 * 4;

    /// <summary>mxcsr.</summary>
    public const int Mxcsr = Xmm + 16 * 16;

    /// <summary>fs_base, gs_base.</summary>
    public const int Bases = Mxcsr + 4;

    /// <summary>k_gs_base, cr0, cr2, cr3, cr4, cr8, efer.</summary>
    public const int System = Bases + 2 * 8;

    /// <summary>Bytes of all of them.</summary>
    public const int Size = System + 7 * 8;

    private static readonly GdbRegister[] s_core =
    [
        .. Row(General, 64, "int64", "rax", "rbx", "rcx", "rdx", "rsi", "rdi"),
        .. Row(General + 6 * 8, 64, "data_ptr", "rbp", "rsp"),
        .. Row(General + 8 * 8, 64, "int64", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"),
        .. Row(Rip, 64, "code_ptr", "rip"),
        .. Row(Flags, 32, "i386_eflags", "eflags"),
        .. Row(Selectors, 32, "int32", "cs", "ss", "ds", "es", "fs", "gs"),
        .. Row(X87, 80, "i387_ext", "st0", "st1", "st2", "st3", "st4", "st5", "st6", "st7"),
        .. Row(X87Control, 32, "int", "fctrl", "fstat", "ftag", "fiseg", "fioff", "foseg", "fooff", "fop"),
    ];

    private static readonly GdbRegister[] s_sse =
    [
        .. Row(Xmm, 128, "vec128", [.. Enumerable.Range(0, 16).Select(i => $"xmm{i}")]),
        .. Row(Mxcsr, 32, "i386_mxcsr", "mxcsr"),
    ];

    private static readonly GdbRegister[] s_segments = Row(Bases, 64, "int", "fs_base", "gs_base");

    private static readonly GdbRegister[] s_system = Row(System, 64, "int64", "k_gs_base", "cr0", "cr2", "cr3", "cr4", "cr8", "efer");

    /// <summary>The features, in gdb's names where it has one for them, and their registers.</summary>
    public static IReadOnlyList<(string Feature, GdbRegister[] Registers)> Features { get; } =
    [
        ("org.gnu.gdb.i386.core", s_core),
        ("org.gnu.gdb.i386.sse", s_sse),
        ("org.gnu.gdb.i386.segments", s_segments),
        ("org.vmm.system", s_system),
    ];

    /// <summary>All of them, by number.</summary>
    public static IReadOnlyList<GdbRegister> All { get; } = [.. Features.SelectMany(feature => feature.Registers)];

    private static GdbRegister[] Row(int offset, int bits, string type, params string[] names) =>
        [.. names.Select((name, i) => new GdbRegister(name, bits, type, offset + i * bits / 8))];
}
