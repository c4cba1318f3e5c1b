using Iced.Intel;
using Vmm.Firmware.Assembly;
using static Iced.Intel.AssemblerRegisters;

namespace Vmm.Firmware.Blocks;

/// <summary>A guest that accesses one place over and over, reading or writing, and reports what an access took.</summary>
/// <param name="Count">How often.</param>
/// <param name="Place">Where; in RBP and EDX when the access runs.</param>
/// <param name="IsWrite">1 writes instead of reading.</param>
internal sealed record AccessLoop(GuestParameter Count, GuestParameter Place, GuestParameter IsWrite)
{
    /// <summary>Writes the whole guest.</summary>
    /// <param name="program">The guest.</param>
    /// <param name="title">What the report begins with.</param>
    /// <param name="what">What stands between the count and the cycles.</param>
    /// <param name="read">The reading instruction.</param>
    /// <param name="write">The writing instruction.</param>
    public void Write(GuestProgram program, string title, string what, Action<Assembler> read, Action<Assembler> write)
    {
        LongMode.Enter(program);
        CodeSection code = program.Main;
        Assembler a = code.Asm;
        CommandLine options = CommandLine.Of(program);
        Label writing = code.NewLabel("write");
        Label report = code.NewLabel("report");

        options.Load(IsWrite);
        a.mov(r12, rax);
        options.Load(Place);
        a.mov(rbp, rax);
        options.Load(Count);
        MeasuredLoop.TakeCount(code);
        a.mov(edx, ebp);
        a.test(r12, r12);
        a.jne(writing);
        MeasuredLoop.Write(code, "read", () => read(a));
        a.jmp(report);
        code.Place(ref writing);
        MeasuredLoop.Write(code, "write", () => write(a));
        code.Place(ref report);
        MeasuredLoop.Report(program, title, what);
        Ending.DebugExit(code, Ending.Success);
    }
}
