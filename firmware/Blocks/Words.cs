using Iced.Intel;
using Vmm.Firmware.Assembly;
using static Iced.Intel.AssemblerRegisters;

namespace Vmm.Firmware.Blocks;

/// <summary>Taking a line apart: words separated by spaces.</summary>
internal sealed class Words : IRoutine
{
    private readonly GuestProgram _program;
    private Label _skipSpaces;
    private Label _match;

    private Words(GuestProgram program)
    {
        _program = program;
        _skipSpaces = program.Main.NewLabel("skip_spaces");
        _match = program.Main.NewLabel("match_word");
    }

    /// <summary>Routine: moves RSI to the next letter that is no space, and has it in AL.</summary>
    public Label SkipSpaces => _skipSpaces;

    /// <summary>
    /// Routine: is the word at RSI the text at RDI? If so the zero flag is set and RSI is at the next word; if not, RSI
    /// stays. Changes RAX, RCX, RDI.
    /// </summary>
    public Label Match => _match;

    public static Words Of(GuestProgram program) => program.Use(static p => new Words(p));

    /// <inheritdoc/>
    public void Write()
    {
        CodeSection code = _program.Main;
        Assembler a = code.Asm;
        Label letter = code.NewLabel("match_letter");
        Label end = code.NewLabel("match_end");
        Label differs = code.NewLabel("match_differs");
        Label equal = code.NewLabel("match_equal");
        Label done = code.NewLabel("skip_done");

        code.Place(ref _match);
        a.mov(rcx, rsi);
        code.Place(ref letter);
        a.mov(al, __byte_ptr[rdi]);
        a.test(al, al);
        a.je(end);
        a.cmp(al, __byte_ptr[rcx]);
        a.jne(differs);
        a.inc(rdi);
        a.inc(rcx);
        a.jmp(letter);
        code.Remark("The text is at its end: the word must be, too.");
        code.Place(ref end);
        a.cmp(__byte_ptr[rcx], 0);
        a.je(equal);
        a.cmp(__byte_ptr[rcx], (byte)' ');
        a.je(equal);
        code.Place(ref differs);
        a.ret();
        code.Place(ref equal);
        a.mov(rsi, rcx);
        a.call(_skipSpaces);
        a.cmp(eax, eax);
        a.ret();

        code.Place(ref _skipSpaces);
        a.mov(al, __byte_ptr[rsi]);
        a.cmp(al, (byte)' ');
        a.jne(done);
        a.inc(rsi);
        a.jmp(_skipSpaces);
        code.Place(ref done);
        a.ret();
    }
}
