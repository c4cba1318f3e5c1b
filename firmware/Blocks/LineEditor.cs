using Iced.Intel;
using Vmm.Firmware.Assembly;
using static Iced.Intel.AssemblerRegisters;

namespace Vmm.Firmware.Blocks;

/// <summary>
/// Reads a line from the serial port with echo: backspace, Ctrl-U for the whole line, Ctrl-C to give it up, the arrow up
/// for the line before. Ctrl-D on an empty line types a word of the guest's choice, as a shell takes it for "exit".
/// </summary>
internal sealed class LineEditor : IRoutine
{
    /// <summary>Longest line: what fits beside a short prompt.</summary>
    private const int MaximumLength = 76;

    private const int BufferSize = 80;
    private const byte CtrlC = 3;
    private const byte CtrlD = 4;
    private const byte Bell = 7;
    private const byte Backspace = 8;
    private const byte LineFeed = 10;
    private const byte CarriageReturn = 13;
    private const byte CtrlU = 21;
    private const byte Escape = 27;
    private const byte Delete = 127;

    /// <summary>An escape sequence ends with the first byte from here on (ECMA-48, 5.4).</summary>
    private const byte FirstFinalByte = 0x40;

    private readonly GuestProgram _program;
    private readonly SerialLine _serial;
    private readonly SerialInput _input;
    private readonly string _endWord;
    private readonly uint _line;
    private readonly uint _previous;
    private Label _readLine;
    private Label _next;
    private Label _rubOut;
    private Label _recall;

    private LineEditor(GuestProgram program, string endWord)
    {
        _program = program;
        _endWord = endWord;
        _serial = SerialLine.Of(program);
        _input = SerialInput.Of(program);
        _line = program.Data.Reserve("line", BufferSize);
        _previous = program.Data.Reserve("previous_line", BufferSize);
        _readLine = program.Main.NewLabel("read_line");
        _next = program.Main.NewLabel("line_next");
        _rubOut = program.Main.NewLabel("line_rub_out");
        _recall = program.Main.NewLabel("line_recall");
    }

    /// <summary>Routine: RSI = the next line, ended by a zero byte. Changes RAX, RBX, RCX, RDX, RDI.</summary>
    public Label ReadLine => _readLine;

    /// <summary>The editor of a program.</summary>
    /// <param name="program">The guest.</param>
    /// <param name="endWord">What Ctrl-D stands for.</param>
    public static LineEditor Of(GuestProgram program, string endWord) =>
        program.Use(p => new LineEditor(p, endWord));

    /// <inheritdoc/>
    public void Write()
    {
        WriteKeys();
        WriteRubOut();
        WriteEscape();
    }

    /// <summary>RBX is the length of the line throughout.</summary>
    private void WriteKeys()
    {
        CodeSection code = _program.Main;
        Assembler a = code.Asm;
        Label control = code.NewLabel("line_control");
        Label erase = code.NewLabel("line_erase");
        Label eraseAll = code.NewLabel("line_erase_all");
        Label bell = code.NewLabel("line_bell");
        Label cancel = code.NewLabel("line_cancel");
        Label end = code.NewLabel("line_end");
        Label endOfInput = code.NewLabel("line_end_of_input");

        code.Place(ref _readLine);
        a.xor(ebx, ebx);
        code.Place(ref _next);
        a.call(_input.GetByte);
        a.cmp(al, (byte)' ');
        a.jb(control);
        a.cmp(al, Delete);
        a.je(erase);
        a.ja(_next);
        a.cmp(ebx, MaximumLength);
        a.jae(bell);
        a.mov(__byte_ptr[rbx + _line], al);
        a.inc(ebx);
        a.call(_serial.PutByte);
        a.jmp(_next);
        code.Place(ref bell);
        a.mov(al, Bell);
        a.call(_serial.PutByte);
        a.jmp(_next);

        code.Place(ref control);
        foreach ((byte key, Label target) in (ReadOnlySpan<(byte, Label)>)
            [(CarriageReturn, end), (LineFeed, end), (Backspace, erase), (CtrlU, eraseAll), (CtrlC, cancel),
                (CtrlD, endOfInput), (Escape, _recall)])
        {
            a.cmp(al, key);
            a.je(target);
        }
        a.jmp(_next);
        code.Place(ref erase);
        a.test(ebx, ebx);
        a.je(_next);
        a.dec(ebx);
        _serial.PrintText("\b \b");
        a.jmp(_next);
        code.Place(ref eraseAll);
        a.call(_rubOut);
        a.jmp(_next);
        WriteEnds(ref cancel, ref end, ref endOfInput);
    }

    private void WriteEnds(ref Label cancel, ref Label end, ref Label endOfInput)
    {
        CodeSection code = _program.Main;
        Assembler a = code.Asm;
        Label empty = code.NewLabel("line_empty");

        code.Place(ref cancel);
        _serial.PrintText("^C");
        a.xor(ebx, ebx);
        code.Place(ref end);
        a.mov(__byte_ptr[rbx + _line], 0);
        _serial.PrintText("\r\n");
        a.test(ebx, ebx);
        a.je(empty);
        code.Remark("Keep the line for the arrow up.");
        a.mov(esi, _line);
        a.mov(edi, _previous);
        a.lea(ecx, __[rbx + 1]);
        a.rep.movsb();
        code.Place(ref empty);
        a.mov(esi, _line);
        a.ret();
        code.Place(ref endOfInput);
        a.test(ebx, ebx);
        a.jne(_next);
        _serial.PrintText(_endWord);
        _serial.PrintText("\r\n");
        a.mov(esi, _program.Data.Text(_endWord));
        a.ret();
    }

    private void WriteRubOut()
    {
        CodeSection code = _program.Main;
        Assembler a = code.Asm;
        Label done = code.NewLabel("line_rubbed_out");
        code.Place(ref _rubOut);
        a.test(ebx, ebx);
        a.je(done);
        a.dec(ebx);
        _serial.PrintText("\b \b");
        a.jmp(_rubOut);
        code.Place(ref done);
        a.ret();
    }

    /// <summary>An escape sequence: the arrow up brings back the line before, all others are swallowed.</summary>
    private void WriteEscape()
    {
        CodeSection code = _program.Main;
        Assembler a = code.Asm;
        Label more = code.NewLabel("escape_more");
        Label copy = code.NewLabel("recall_copy");

        code.Place(ref _recall);
        a.call(_input.GetByte);
        a.cmp(al, (byte)'[');
        a.je(more);
        a.cmp(al, (byte)'O');
        a.jne(_next);
        code.Place(ref more);
        a.call(_input.GetByte);
        a.cmp(al, FirstFinalByte);
        a.jb(more);
        a.cmp(al, (byte)'A');
        a.jne(_next);
        a.call(_rubOut);
        code.Place(ref copy);
        a.mov(al, __byte_ptr[rbx + _previous]);
        a.test(al, al);
        a.je(_next);
        a.mov(__byte_ptr[rbx + _line], al);
        a.inc(ebx);
        a.call(_serial.PutByte);
        a.jmp(copy);
    }
}
