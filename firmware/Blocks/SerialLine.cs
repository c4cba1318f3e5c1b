using Iced.Intel;
using Vmm.Firmware.Assembly;
using static Iced.Intel.AssemblerRegisters;

namespace Vmm.Firmware.Blocks;

/// <summary>
/// Printing on the first serial port. Every port access is an exit, so texts go out in bursts: the line status is asked
/// once, and when the transmitter is empty its FIFO takes 16 bytes (16550D data sheet, 8.5).
/// </summary>
internal sealed class SerialLine : IRoutine
{
    /// <summary>Line status: the transmitter holding register is empty.</summary>
    public const byte TransmitterEmpty = 0x20;

    /// <summary>Line status: a received byte waits.</summary>
    public const byte DataReady = 0x01;

    /// <summary>FIFO control: FIFOs on, both emptied.</summary>
    private const byte FifoOn = 0x07;

    private const int FifoDepth = 16;

    private readonly GuestProgram _program;
    private Label _print;
    private Label _putByte;
    private bool _putByteUsed;
    private int _burst = 1;

    private SerialLine(GuestProgram program)
    {
        _program = program;
        _print = program.Main.NewLabel("print");
        _putByte = program.Main.NewLabel("put_byte");
    }

    /// <summary>Routine: prints the text at RSI, ended by a zero byte. Changes RAX, RCX, RDX, RSI.</summary>
    public Label Print => _print;

    /// <summary>Routine: prints the byte in AL. Changes RAX, RDX.</summary>
    public Label PutByte
    {
        get
        {
            _putByteUsed = true;
            return _putByte;
        }
    }

    public static SerialLine Of(GuestProgram program) => program.Use(static p => new SerialLine(p));

    /// <summary>
    /// Code that switches the FIFOs on, so that bursts are lawful. Guests that listen leave this out: switching throws
    /// away what was received before.
    /// </summary>
    public void Start()
    {
        Assembler a = _program.Main.Asm;
        _burst = FifoDepth;
        _program.Main.Remark("Switch the serial port's FIFOs on.");
        a.mov(edx, (uint)Ports.SerialFifoControl);
        a.mov(al, FifoOn);
        a.@out(dx, al);
    }

    /// <summary>Code that prints a fixed text.</summary>
    public void PrintText(string text)
    {
        Assembler a = _program.Main.Asm;
        a.mov(esi, _program.Data.Text(text));
        a.call(_print);
    }

    /// <summary>Code that prints a fixed line.</summary>
    public void PrintLine(string text) => PrintText(text + "\r\n");

    /// <inheritdoc/>
    public void Write()
    {
        WritePrint();
        if (_putByteUsed)
            WritePutByte();
    }

    private void WritePrint()
    {
        CodeSection code = _program.Main;
        Assembler a = code.Asm;
        Label wait = code.NewLabel("print_wait");
        Label next = code.NewLabel("print_next");
        Label done = code.NewLabel("print_done");

        code.Place(ref _print);
        a.mov(edx, (uint)Ports.SerialLineStatus);
        code.Place(ref wait);
        a.@in(al, dx);
        a.test(al, TransmitterEmpty);
        a.je(wait);
        code.Remark($"The transmitter is empty: it takes {_burst} byte(s) before it has to be asked again.");
        a.mov(edx, (uint)Ports.Serial);
        a.mov(ecx, _burst);
        code.Place(ref next);
        a.mov(al, __byte_ptr[rsi]);
        a.test(al, al);
        a.je(done);
        a.@out(dx, al);
        a.inc(rsi);
        a.dec(ecx);
        a.jne(next);
        a.jmp(_print);
        code.Place(ref done);
        a.ret();
    }

    private void WritePutByte()
    {
        CodeSection code = _program.Main;
        Assembler a = code.Asm;
        Label wait = code.NewLabel("put_byte_wait");

        code.Place(ref _putByte);
        a.push(rax);
        a.mov(edx, (uint)Ports.SerialLineStatus);
        code.Place(ref wait);
        a.@in(al, dx);
        a.test(al, TransmitterEmpty);
        a.je(wait);
        a.pop(rax);
        a.mov(edx, (uint)Ports.Serial);
        a.@out(dx, al);
        a.ret();
    }
}
