using Iced.Intel;
using Vmm.Firmware.Assembly;
using static Iced.Intel.AssemblerRegisters;

namespace Vmm.Firmware.Blocks;

/// <summary>Printing numbers on the serial port: written backwards into a small buffer, then printed as a text.</summary>
internal sealed class Numbers : IRoutine
{
    /// <summary>Room for the 20 digits of 2^64 - 1 and the zero byte behind them.</summary>
    private const int BufferSize = 32;

    private readonly GuestProgram _program;
    private readonly SerialLine _serial;
    private readonly uint _bufferEnd;
    private Label _decimal;
    private Label _hex;
    private Label _prefixedHex;
    private bool _decimalUsed;
    private bool _hexUsed;

    private Numbers(GuestProgram program)
    {
        _program = program;
        _serial = SerialLine.Of(program);
        _bufferEnd = program.Data.Reserve("digits", BufferSize) + BufferSize - 1;
        _decimal = program.Main.NewLabel("print_decimal");
        _hex = program.Main.NewLabel("print_hex");
        _prefixedHex = program.Main.NewLabel("print_0x");
    }

    /// <summary>Routine: prints RAX in decimal. Changes RAX, RCX, RDX, RSI.</summary>
    public Label Decimal
    {
        get
        {
            _decimalUsed = true;
            return _decimal;
        }
    }

    /// <summary>Routine: prints the lowest ECX hexadecimal digits of RAX. Changes RAX, RCX, RDX, RSI.</summary>
    public Label Hex
    {
        get
        {
            _hexUsed = true;
            return _hex;
        }
    }

    /// <summary>Routine: the same with 0x before it.</summary>
    public Label PrefixedHex
    {
        get
        {
            _hexUsed = true;
            return _prefixedHex;
        }
    }

    public static Numbers Of(GuestProgram program) => program.Use(static p => new Numbers(p));

    /// <inheritdoc/>
    public void Write()
    {
        if (_decimalUsed)
            WriteDecimal();
        if (_hexUsed)
            WriteHex();
    }

    private void WriteDecimal()
    {
        CodeSection code = _program.Main;
        Assembler a = code.Asm;
        Label next = code.NewLabel("decimal_next");

        code.Place(ref _decimal);
        a.mov(esi, _bufferEnd);
        a.mov(ecx, 10);
        code.Place(ref next);
        a.xor(edx, edx);
        a.div(rcx);
        a.add(dl, (byte)'0');
        a.dec(rsi);
        a.mov(__byte_ptr[rsi], dl);
        a.test(rax, rax);
        a.jne(next);
        a.jmp(_serial.Print);
    }

    private void WriteHex()
    {
        CodeSection code = _program.Main;
        Assembler a = code.Asm;
        Label digits = code.NewLabel("hex_digits");
        Label next = code.NewLabel("hex_next");
        Label digit = code.NewLabel("hex_digit");

        code.Place(ref _hex);
        a.call(digits);
        a.jmp(_serial.Print);
        code.Place(ref _prefixedHex);
        a.call(digits);
        a.sub(rsi, 2);
        a.mov(__word_ptr[rsi], '0' | 'x' << 8);
        a.jmp(_serial.Print);

        code.Place(ref digits);
        a.mov(esi, _bufferEnd);
        code.Place(ref next);
        a.mov(edx, eax);
        a.and(edx, 0xF);
        a.add(dl, (byte)'0');
        a.cmp(dl, (byte)'9');
        a.jbe(digit);
        a.add(dl, 'a' - '9' - 1);
        code.Place(ref digit);
        a.dec(rsi);
        a.mov(__byte_ptr[rsi], dl);
        a.shr(rax, 4);
        a.dec(ecx);
        a.jne(next);
        a.ret();
    }
}
