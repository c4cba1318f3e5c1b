using Vmm.Kvm.Abi;

namespace Vmm.Trace.Format;

/// <summary>The registers whose changes a step tells, and their numbers in a trace. Not the instruction pointer: it is where the next instruction is.</summary>
internal static class StepRegisters
{
    private static readonly string[] s_names =
    [
        "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rsp", "rbp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rflags",
        "cs", "ds", "es", "fs", "gs", "ss", "fs_base", "gs_base", "cr0", "cr2", "cr3", "cr4", "efer",
    ];

    /// <summary>How many there are.</summary>
    public static int Count => s_names.Length;

    /// <summary>A register's name.</summary>
    public static string Name(int number) => s_names[number];

    /// <summary>Their values.</summary>
    /// <param name="general">From where.</param>
    /// <param name="special">From where.</param>
    /// <param name="values">As many as there are.</param>
    public static void Read(in kvm_regs general, in kvm_sregs special, Span<ulong> values)
    {
        ReadOnlySpan<ulong> all =
        [
            general.rax, general.rbx, general.rcx, general.rdx, general.rsi, general.rdi, general.rsp, general.rbp,
            general.r8, general.r9, general.r10, general.r11, general.r12, general.r13, general.r14, general.r15, general.rflags,
            special.cs.selector, special.ds.selector, special.es.selector, special.fs.selector, special.gs.selector, special.ss.selector,
            special.fs.@base, special.gs.@base, special.cr0, special.cr2, special.cr3, special.cr4, special.efer,
        ];
        all.CopyTo(values);
    }
}
