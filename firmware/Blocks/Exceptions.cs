using Iced.Intel;
using Vmm.Firmware.Assembly;
using static Iced.Intel.AssemblerRegisters;

namespace Vmm.Firmware.Blocks;

/// <summary>
/// Reports processor exceptions on the serial port and goes on at a place the guest names. The processor pushes an error
/// code for some exceptions only; a stub for each vector evens that out and adds the vector (Intel SDM 3A, 6.13).
/// </summary>
internal sealed class Exceptions : IRoutine
{
    private static readonly string[] s_names =
    [
        "divide error", "debug", "non-maskable interrupt", "breakpoint", "overflow", "bound range", "invalid opcode",
        "no FPU", "double fault", "segment overrun", "invalid TSS", "segment not present", "stack fault",
        "general protection", "page fault", "reserved", "x87 error", "alignment check", "machine check", "SIMD error",
    ];

    /// <summary>Vectors for which the processor pushes an error code (SDM 3A, table 6-1).</summary>
    private static readonly byte[] s_withErrorCode = [8, 10, 11, 12, 13, 14, 17];

    private const byte PageFaultVector = 14;

    // The stack at the report: vector, error code, then the frame the processor pushed.
    private const int Vector = 0;
    private const int ErrorCode = 8;
    private const int Rip = 16;
    private const int Rsp = 40;

    private readonly GuestProgram _program;
    private readonly Interrupts _interrupts;
    private Label _report;
    private Label _resume;

    private Exceptions(GuestProgram program)
    {
        _program = program;
        _interrupts = Interrupts.Of(program);
        _report = program.Main.NewLabel("report_exception");
    }

    public static Exceptions Of(GuestProgram program) => program.Use(static p => new Exceptions(p));

    /// <summary>Code that catches every exception; after the report the guest goes on at a label.</summary>
    public void Catch(Label resume)
    {
        CodeSection code = _program.Main;
        Assembler a = code.Asm;
        _resume = resume;
        Label over = code.NewLabel("exceptions_caught");
        var stubs = new Label[s_names.Length];
        a.jmp(over);
        for (int vector = 0; vector < stubs.Length; vector++)
        {
            stubs[vector] = code.NewLabel($"exception_{vector}");
            code.Place(ref stubs[vector]);
            if (Array.IndexOf(s_withErrorCode, (byte)vector) < 0)
                a.push(0);
            a.push(vector);
            a.jmp(_report);
        }
        code.Place(ref over);
        for (int vector = 0; vector < stubs.Length; vector++)
            _interrupts.SetGate((byte)vector, stubs[vector]);
    }

    /// <inheritdoc/>
    public void Write()
    {
        CodeSection code = _program.Main;
        Assembler a = code.Asm;
        SerialLine serial = SerialLine.Of(_program);
        Numbers numbers = Numbers.Of(_program);
        Label name = code.NewLabel("exception_name");
        Label letter = code.NewLabel("exception_letter");
        Label named = code.NewLabel("exception_named");
        Label notPage = code.NewLabel("exception_not_page");

        code.Place(ref _report);
        a.mov(rbp, rsp);
        serial.PrintText("\r\nException ");
        a.mov(rax, __qword_ptr[rbp + Vector]);
        a.call(numbers.Decimal);
        serial.PrintText(" (");
        code.Remark("The names lie one behind the other: skip as many as the vector says.");
        a.mov(esi, _program.Data.Text(string.Join('\0', s_names)));
        a.mov(rcx, __qword_ptr[rbp + Vector]);
        code.Place(ref name);
        a.test(ecx, ecx);
        a.je(named);
        code.Place(ref letter);
        a.inc(rsi);
        a.cmp(__byte_ptr[rsi - 1], 0);
        a.jne(letter);
        a.dec(ecx);
        a.jmp(name);
        code.Place(ref named);
        a.call(serial.Print);
        Value("), error code ", ErrorCode);
        Value(", at ", Rip);
        Value(", stack ", Rsp);
        a.cmp(__byte_ptr[rbp + Vector], PageFaultVector);
        a.jne(notPage);
        serial.PrintText(", address ");
        a.mov(rax, cr2);
        a.mov(ecx, 16);
        a.call(numbers.PrefixedHex);
        code.Place(ref notPage);
        serial.PrintText("\r\n");
        a.jmp(_resume);

        void Value(string title, int offset)
        {
            serial.PrintText(title);
            a.mov(rax, __qword_ptr[rbp + offset]);
            a.mov(ecx, offset == ErrorCode ? 4 : 16);
            a.call(numbers.PrefixedHex);
        }
    }
}
