using Iced.Intel;
using Vmm.Firmware.Assembly;
using static Iced.Intel.AssemblerRegisters;

namespace Vmm.Firmware.Blocks;

/// <summary>
/// Finding an ACPI table by its signature: from the root pointer in the start info through the XSDT, or through the RSDT
/// where the VMM gives ACPI 1.0 tables (ACPI 6.5, 5.2.5 to 5.2.8).
/// </summary>
internal sealed class AcpiTables : IRoutine
{
    /// <summary>Length field of every table's header.</summary>
    public const int Length = 4;

    // The root pointer: its revision and the two tables it leads to.
    private const int RsdpRevision = 15;
    private const int RsdpRsdt = 16;
    private const int RsdpXsdt = 24;

    /// <summary>Header of a system description table; entries follow.</summary>
    private const int HeaderSize = 36;

    private readonly GuestProgram _program;
    private readonly LongMode _mode;
    private Label _find;

    private AcpiTables(GuestProgram program)
    {
        _program = program;
        _mode = LongMode.Of(program);
        _find = program.Main.NewLabel("find_table");
    }

    /// <summary>
    /// Routine: EAX = a table's signature; RAX = its address, or 0 when there is none. Changes RCX, RDX, RSI, RDI.
    /// </summary>
    public Label Find => _find;

    public static AcpiTables Of(GuestProgram program) => program.Use(static p => new AcpiTables(p));

    /// <summary>Four letters as the number a comparison needs.</summary>
    public static uint Signature(string letters) =>
        (uint)(letters[0] | letters[1] << 8 | letters[2] << 16 | letters[3] << 24);

    /// <inheritdoc/>
    public void Write()
    {
        CodeSection code = _program.Main;
        Assembler a = code.Asm;
        Label old = code.NewLabel("find_rsdt");
        Label walk = code.NewLabel("find_walk");
        Label next = code.NewLabel("find_next");
        Label wide = code.NewLabel("find_wide");
        Label found = code.NewLabel("find_found");
        Label none = code.NewLabel("find_none");

        code.Place(ref _find);
        a.mov(edx, __dword_ptr[_mode.StartInfo]);
        a.mov(rdx, __qword_ptr[rdx + StartInfo.Rsdp]);
        a.test(rdx, rdx);
        a.je(none);
        code.Remark("Revision 2 and later have an XSDT with entries of 8 bytes, before that an RSDT with 4.");
        a.cmp(__byte_ptr[rdx + RsdpRevision], 2);
        a.jb(old);
        a.mov(rsi, __qword_ptr[rdx + RsdpXsdt]);
        a.mov(edi, 8);
        a.jmp(walk);
        code.Place(ref old);
        a.mov(esi, __dword_ptr[rdx + RsdpRsdt]);
        a.mov(edi, 4);
        code.Place(ref walk);
        a.mov(ecx, __dword_ptr[rsi + Length]);
        a.add(rcx, rsi);
        a.add(rsi, HeaderSize);
        code.Remark("RSI = the next entry, RCX = the end of the entries, RDI = the size of one.");
        code.Place(ref next);
        a.cmp(rsi, rcx);
        a.jae(none);
        a.mov(edx, __dword_ptr[rsi]);
        a.cmp(edi, 8);
        a.jne(wide);
        a.mov(rdx, __qword_ptr[rsi]);
        code.Place(ref wide);
        a.add(rsi, rdi);
        a.cmp(__dword_ptr[rdx], eax);
        a.jne(next);
        code.Place(ref found);
        a.mov(rax, rdx);
        a.ret();
        code.Place(ref none);
        a.xor(eax, eax);
        a.ret();
    }
}
