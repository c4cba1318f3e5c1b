using Iced.Intel;
using Vmm.Firmware.Assembly;
using static Iced.Intel.AssemblerRegisters;

namespace Vmm.Firmware.Blocks;

/// <summary>
/// The way from the PVH entry (32-bit protected mode, no paging) to 64-bit code: own GDT, PAE, page tables, EFER.LME,
/// paging, a far jump (Intel SDM 3A, 10.8.5). It also keeps the address of the start info for later.
/// </summary>
internal sealed class LongMode : IRoutine
{
    /// <summary>CR4.PAE (SDM 3A, 2.5).</summary>
    private const uint CR4_PAE = 1 << 5;

    /// <summary>CR0.PG (SDM 3A, 2.5).</summary>
    private const uint CR0_PG = 1u << 31;

    /// <summary>IA32_EFER and its bit LME (SDM 3A, 2.2.1).</summary>
    private const uint MSR_EFER = 0xC000_0080;

    private const uint EFER_LME = 1 << 8;

    private readonly GuestProgram _program;

    private LongMode(GuestProgram program)
    {
        _program = program;
        (GdtTable, GdtPointer) = Descriptors.Place(program.Data);
        StartInfo = program.Data.Variable("start_info");
        program.SetPageTables(PageTables.Build());
    }

    /// <summary>Address of the GDT.</summary>
    public uint GdtTable { get; }

    /// <summary>Address of the pointer for LGDT.</summary>
    public uint GdtPointer { get; }

    /// <summary>Variable: the address of the PVH start info.</summary>
    public uint StartInfo { get; }

    public static LongMode Of(GuestProgram program) => program.Use(static p => new LongMode(p));

    /// <summary>
    /// Writes the whole 32-bit entry; the guest goes on at the start of its 64-bit section with a stack.
    /// </summary>
    public static LongMode Enter(GuestProgram program)
    {
        LongMode mode = Of(program);
        mode.WriteArrival();
        WriteSwitch(program.Entry);
        program.Entry.FarJump(Descriptors.Code64, GuestLayout.Main);
        WriteLanding(program);
        return mode;
    }

    /// <summary>The first 64-bit code of the first vCPU.</summary>
    public static void WriteLanding(GuestProgram program)
    {
        CodeSection main = program.Main;
        main.Remark("Now in long mode: flat data segments and a stack for the first vCPU.");
        WriteSegments(main.Asm);
        main.Asm.mov(esp, GuestLayout.FirstStackTop);
    }

    /// <summary>Takes over from the VMM: keeps EBX, loads the guest's own GDT and segments.</summary>
    public void WriteArrival()
    {
        CodeSection entry = _program.Entry;
        Assembler a = entry.Asm;
        entry.Remark("PVH entry: 32-bit protected mode, paging off, EBX = start info.");
        a.cli();
        a.cld();
        a.mov(__dword_ptr[StartInfo], ebx);
        entry.Remark("The VMM's GDT may lie anywhere: load our own, and the data segments from it.");
        a.lgdt(__[GdtPointer]);
        WriteSegments(a);
        a.mov(esp, GuestLayout.FirstStackTop);
    }

    /// <summary>Code that switches paging and long mode on; a far jump to 64-bit code has to follow.</summary>
    public static void WriteSwitch(CodeSection code)
    {
        Assembler a = code.Asm;
        code.Remark("Long mode: PAE, page tables, EFER.LME, then paging, in this order.");
        a.mov(eax, cr4);
        a.or(eax, CR4_PAE);
        a.mov(cr4, eax);
        a.mov(eax, GuestLayout.PageTables);
        a.mov(cr3, eax);
        a.mov(ecx, MSR_EFER);
        a.rdmsr();
        a.or(eax, EFER_LME);
        a.wrmsr();
        a.mov(eax, cr0);
        a.or(eax, CR0_PG);
        a.mov(cr0, eax);
        code.Remark("Paging is on but CS is still 32 bits wide: a far jump to a 64-bit segment ends that.");
    }

    /// <summary>Data, extra and stack segment from our GDT.</summary>
    public static void WriteSegments(Assembler a)
    {
        a.mov(eax, (uint)Descriptors.Data);
        a.mov(ds, ax);
        a.mov(es, ax);
        a.mov(ss, ax);
    }

    /// <inheritdoc/>
    public void Write()
    {
        // Everything is written where the guest asks for it.
    }
}
