using Iced.Intel;
using Vmm.Firmware.Assembly;
using static Iced.Intel.AssemblerRegisters;

namespace Vmm.Firmware.Blocks;

/// <summary>
/// A loop around one instruction, and how many TSC cycles each turn took. The count is in RBX and is at least 1; the loop
/// itself uses R13, R14, R15 and RDI and leaves RAX and RDX to the instruction.
/// </summary>
internal static class MeasuredLoop
{
    /// <summary>Code that makes a count of RAX fit for the loop: into RBX, and 1 for 0.</summary>
    public static void TakeCount(CodeSection code)
    {
        Assembler a = code.Asm;
        Label fit = code.NewLabel("count_fit");
        a.mov(rbx, rax);
        a.test(rbx, rbx);
        a.jne(fit);
        a.inc(ebx);
        code.Place(ref fit);
        a.nop();
    }

    /// <summary>Code that runs an instruction RBX times and takes the time.</summary>
    public static void Write(CodeSection code, string name, Action instruction)
    {
        Assembler a = code.Asm;
        Label next = code.NewLabel($"{name}_next");
        code.Remark("The loop: RBX turns, TSC before in R14, after in R15.");
        a.mov(edi, edx);
        TimeStamp.Read(a);
        a.mov(r14, rax);
        a.mov(edx, edi);
        a.mov(r13, rbx);
        code.Place(ref next);
        instruction();
        a.dec(r13);
        a.jne(next);
        TimeStamp.Read(a);
        a.mov(r15, rax);
    }

    /// <summary>Code that brings the cycles of one turn into RAX. Changes RDX.</summary>
    public static void Average(CodeSection code)
    {
        Assembler a = code.Asm;
        a.mov(rax, r15);
        a.sub(rax, r14);
        a.xor(edx, edx);
        a.div(rbx);
    }

    /// <summary>Code that prints the count and the cycles of one turn.</summary>
    public static void Report(GuestProgram program, string title, string what)
    {
        CodeSection code = program.Main;
        Assembler a = code.Asm;
        SerialLine serial = SerialLine.Of(program);
        Numbers numbers = Numbers.Of(program);
        serial.Start();
        serial.PrintText(title);
        a.mov(rax, rbx);
        a.call(numbers.Decimal);
        serial.PrintText(what);
        Average(code);
        a.call(numbers.Decimal);
        serial.PrintText(" cycles each\r\n");
    }
}
