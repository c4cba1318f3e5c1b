using Iced.Intel;
using Vmm.Firmware.Assembly;
using static Iced.Intel.AssemblerRegisters;

namespace Vmm.Firmware.Blocks;

/// <summary>Reads a number: decimal, or hexadecimal after 0x.</summary>
internal sealed class ParseNumber : IRoutine
{
    private readonly GuestProgram _program;
    private Label _parse;

    private ParseNumber(GuestProgram program)
    {
        _program = program;
        _parse = program.Main.NewLabel("parse_number");
    }

    /// <summary>
    /// Routine: the number at RSI into RAX; RSI behind its last digit, ECX = its base. Without a digit RAX is 0.
    /// Changes RDX.
    /// </summary>
    public Label Parse => _parse;

    public static ParseNumber Of(GuestProgram program) => program.Use(static p => new ParseNumber(p));

    /// <inheritdoc/>
    public void Write()
    {
        CodeSection code = _program.Main;
        Assembler a = code.Asm;
        Label next = code.NewLabel("parse_next");
        Label digit = code.NewLabel("parse_digit");
        Label done = code.NewLabel("parse_done");

        code.Place(ref _parse);
        a.xor(eax, eax);
        a.mov(ecx, 10);
        a.cmp(__word_ptr[rsi], '0' | 'x' << 8);
        a.jne(next);
        a.add(rsi, 2);
        a.mov(ecx, 16);
        code.Place(ref next);
        a.movzx(edx, __byte_ptr[rsi]);
        a.sub(edx, '0');
        a.cmp(edx, 10);
        a.jb(digit);
        code.Remark("Not 0 to 9: perhaps a to f, in either case.");
        a.add(edx, '0');
        a.or(edx, 0x20);
        a.sub(edx, 'a' - 10);
        a.cmp(edx, 10);
        a.jb(done);
        code.Place(ref digit);
        a.cmp(edx, ecx);
        a.jae(done);
        a.imul(rax, rcx);
        a.add(rax, rdx);
        a.inc(rsi);
        a.jmp(next);
        code.Place(ref done);
        a.ret();
    }
}
