using Iced.Intel;
using Vmm.Firmware.Assembly;
using static Iced.Intel.AssemblerRegisters;

namespace Vmm.Firmware.Blocks;

/// <summary>
/// A loop around one instruction, and the report of how many TSC cycles each turn took. The count is in RBX; the loop
/// itself uses R13, R14 and R15 and leaves RAX, RDX and RDI to the instruction.
/// </summary>
internal sealed class MeasuredLoop(GuestProgram program, string title, string what)
{
    /// <summary>Code that runs an instruction RBX times (at least once) and takes the time.</summary>
    public void Write(string name, Action instruction)
    {
        CodeSection code = program.Main;
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
        a.jg(next);
        TimeStamp.Read(a);
        a.mov(r15, rax);
    }

    /// <summary>Code that prints the count and the cycles of one turn.</summary>
    public void Report()
    {
        CodeSection code = program.Main;
        Assembler a = code.Asm;
        SerialLine serial = SerialLine.Of(program);
        Numbers numbers = Numbers.Of(program);
        Label atLeastOne = code.NewLabel("at_least_one");
        serial.Start();
        serial.PrintText(title);
        a.mov(rax, rbx);
        a.call(numbers.Decimal);
        serial.PrintText(what);
        a.mov(rax, r15);
        a.sub(rax, r14);
        a.xor(edx, edx);
        a.test(rbx, rbx);
        a.jg(atLeastOne);
        a.mov(ebx, 1);
        code.Place(ref atLeastOne);
        a.div(rbx);
        a.call(numbers.Decimal);
        serial.PrintText(" cycles each\r\n");
    }
}
