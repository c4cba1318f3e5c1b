using Iced.Intel;
using Vmm.Firmware.Assembly;
using static Iced.Intel.AssemblerRegisters;

namespace Vmm.Firmware.Blocks;

/// <summary>Numbers from the kernel command line: words of the form <c>name=number</c>, decimal or 0x….</summary>
internal sealed class CommandLine : IRoutine
{
    private readonly GuestProgram _program;
    private readonly LongMode _mode;
    private readonly ParseNumber _parse;
    private Label _option;

    private CommandLine(GuestProgram program)
    {
        _program = program;
        _mode = LongMode.Of(program);
        _parse = ParseNumber.Of(program);
        _option = program.Main.NewLabel("option");
    }

    public static CommandLine Of(GuestProgram program) => program.Use(static p => new CommandLine(p));

    /// <summary>Code that brings a parameter's value, or its default, into RAX. Changes RCX, RDX, RSI, RDI.</summary>
    public void Load(GuestParameter parameter)
    {
        Assembler a = _program.Main.Asm;
        _program.Main.Remark($"{parameter.Name}=… from the command line, else {parameter.Default}.");
        a.mov(edi, _program.Data.Text(parameter.Name + "="));
        a.mov(rax, parameter.Default);
        a.call(_option);
    }

    /// <summary>option: RDI = the name with its equals sign, RAX = the default; the number in RAX.</summary>
    public void Write()
    {
        CodeSection code = _program.Main;
        Assembler a = code.Asm;
        Label word = code.NewLabel("option_word");
        Label compare = code.NewLabel("option_compare");
        Label skip = code.NewLabel("option_skip");
        Label found = code.NewLabel("option_found");
        Label done = code.NewLabel("option_done");

        code.Place(ref _option);
        a.mov(esi, __dword_ptr[_mode.StartInfo]);
        a.mov(rsi, __qword_ptr[rsi + StartInfo.CommandLine]);
        a.test(rsi, rsi);
        a.je(done);
        code.Remark("At the start of a word: does it begin with the name?");
        code.Place(ref word);
        a.mov(rdx, rdi);
        code.Place(ref compare);
        a.mov(cl, __byte_ptr[rdx]);
        a.test(cl, cl);
        a.je(found);
        a.cmp(cl, __byte_ptr[rsi]);
        a.jne(skip);
        a.inc(rdx);
        a.inc(rsi);
        a.jmp(compare);
        code.Remark("No: on to the next word.");
        code.Place(ref skip);
        a.mov(cl, __byte_ptr[rsi]);
        a.test(cl, cl);
        a.je(done);
        a.inc(rsi);
        a.cmp(cl, (byte)' ');
        a.jne(skip);
        a.jmp(word);
        code.Place(ref found);
        a.jmp(_parse.Parse);
        code.Place(ref done);
        a.ret();
    }
}
