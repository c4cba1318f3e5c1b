using Iced.Intel;
using Vmm.Firmware.Assembly;
using Vmm.Firmware.Blocks;
using static Iced.Intel.AssemblerRegisters;

namespace Vmm.Firmware.Guests.Exits;

/// <summary>One access, many times, each timed: the guest side of <c>vmm bench exits</c>.</summary>
internal sealed class ExitsGuest : TinyGuest
{
    private static readonly GuestParameter Row = new("row", (ulong)ExitAccess.PortIn, "what is measured: 0 nothing, 1 CPUID … 5 port read, 6 write, 9 memory read, 10 write");
    private static readonly GuestParameter Argument = new("arg", Ports.Post, "the port, address or register");
    private static readonly GuestParameter Count = new("n", 100, "how often it is measured");
    private static readonly GuestParameter WarmUp = new("warm", 20, "how often it is done before, unmeasured");
    private static readonly GuestParameter IsUser = new("user", 0, "1 measures at CPL 3");
    private static readonly GuestParameter Prepare = new("touch", 0, "how many pages are touched before");
    private static readonly GuestParameter IsQuiet = new("quiet", 0, "1 prints nothing");

    /// <summary>Exceptions that a row may end in where the machine has not got what it needs (SDM 3A, table 6-1).</summary>
    private static readonly byte[] s_exceptions = [6, 8, 13, 14];

    /// <inheritdoc/>
    public override string Name => "exits";

    /// <inheritdoc/>
    public override string Summary => "times one kind of exit, turn by turn, with the processor's TSC";

    /// <inheritdoc/>
    public override string Explanation =>
        "Reads the time stamp counter, does one thing, reads it again, and keeps the difference: n numbers in memory from "
        + "0x210000 on, of which it prints the least. The thing is chosen by row: a port or memory access, CPUID, a "
        + "model-specific register, the first touch of a page, interrupts of several kinds. 'vmm bench exits' runs all of "
        + "them, beside a C program with the same guest, and looks at the whole distribution. An exception ends it with its "
        + "number at the debug exit port.";

    /// <inheritdoc/>
    public override IReadOnlyList<GuestParameter> Parameters => [Row, Argument, Count, WarmUp, IsUser, Prepare, IsQuiet];

    /// <inheritdoc/>
    public override GuestNeeds Needs => new((int)(ExitsLayout.RamSize >> 20), 1);

    /// <inheritdoc/>
    public override GuestExpectation Expectation => new(["exits: 100 turns, the least ", " cycles\r\n"], GuestEnding.DebugExit);

    /// <inheritdoc/>
    private protected override void Write(GuestProgram program)
    {
        LongMode.Enter(program);
        CodeSection code = program.Main;
        Assembler a = code.Asm;
        CommandLine options = CommandLine.Of(program);
        Variables variables = new(
            program.Data.Variable("turns"), program.Data.Variable("warm_up"), program.Data.Variable("quiet"), program.Data.Variable("routine"));
        ExitRoutines routines = new(program);
        Label measure = code.NewLabel("measure");

        Interrupts.Of(program).Load();
        LocalApic.Enable(code);
        WriteExceptions(program);
        routines.SetHandlers();
        options.Load(Count);
        a.mov(__qword_ptr[variables.Turns], rax);
        options.Load(WarmUp);
        a.mov(__qword_ptr[variables.WarmUp], rax);
        options.Load(IsQuiet);
        a.mov(__qword_ptr[variables.Quiet], rax);
        options.Load(Argument);
        a.mov(rbp, rax);
        options.Load(Prepare);
        WriteTouch(code);
        options.Load(IsUser);
        a.mov(rbx, rax);
        options.Load(Row);
        code.Remark("RAX = row: its routine, and what has to be prepared for it.");
        routines.Choose(variables.Routine);
        code.Remark("R12 = local APIC, R14 = the next untouched page, RBP = arg.");
        a.mov(r12d, LocalApic.Base);
        a.mov(r14d, ExitsLayout.Pages);
        a.test(rbx, rbx);
        a.je(measure);
        UserMode user = UserMode.Of(program);
        user.LoadTaskState();
        user.Enter(measure, withPorts: true);
        code.Place(ref measure);
        WriteMeasuring(program, variables);
        routines.Write();
    }

    /// <summary>Warm-up, the host told, the measuring, the host told again, and the end.</summary>
    private static void WriteMeasuring(GuestProgram program, Variables variables)
    {
        CodeSection code = program.Main;
        Assembler a = code.Asm;
        Label end = code.NewLabel("end");
        Label warm = code.NewLabel("warm");
        a.mov(r13, __qword_ptr[variables.WarmUp]);
        a.mov(r15d, ExitsLayout.Samples);
        a.test(r13, r13);
        a.je(warm);
        a.call(__qword_ptr[variables.Routine]);
        code.Place(ref warm);
        TimeStamp.Read(a);
        a.mov(__qword_ptr[ExitsLayout.GuestTime], rax);
        Tell(code, ExitsLayout.Begin);
        a.mov(r13, __qword_ptr[variables.Turns]);
        a.mov(r15d, ExitsLayout.Samples);
        a.call(__qword_ptr[variables.Routine]);
        Tell(code, ExitsLayout.Done);
        a.cmp(__qword_ptr[variables.Quiet], 0);
        a.jne(end);
        WriteReport(program, variables);
        code.Place(ref end);
        Ending.DebugExit(code, Ending.Success);
    }

    private static void WriteReport(GuestProgram program, Variables variables)
    {
        CodeSection code = program.Main;
        Assembler a = code.Asm;
        SerialLine serial = SerialLine.Of(program);
        Numbers numbers = Numbers.Of(program);
        Label next = code.NewLabel("least_next");
        Label not = code.NewLabel("least_not");
        code.Remark("RBX = the least of the samples.");
        a.mov(esi, ExitsLayout.Samples);
        a.mov(rcx, __qword_ptr[variables.Turns]);
        a.mov(rbx, __qword_ptr[rsi]);
        code.Place(ref next);
        a.cmp(__qword_ptr[rsi], rbx);
        a.jae(not);
        a.mov(rbx, __qword_ptr[rsi]);
        code.Place(ref not);
        a.add(rsi, sizeof(ulong));
        a.dec(rcx);
        a.jne(next);
        serial.Start();
        serial.PrintText("exits: ");
        a.mov(rax, __qword_ptr[variables.Turns]);
        a.call(numbers.Decimal);
        serial.PrintText(" turns, the least ");
        a.mov(rax, rbx);
        a.call(numbers.Decimal);
        serial.PrintText(" cycles\r\n");
    }

    private static void Tell(CodeSection code, byte what)
    {
        Assembler a = code.Asm;
        a.mov(edx, ExitsLayout.ControlPort);
        a.mov(al, what);
        a.@out(dx, al);
    }

    /// <summary>Code that touches as many pages as RAX says, RBP bytes apart.</summary>
    private static void WriteTouch(CodeSection code)
    {
        Assembler a = code.Asm;
        Label next = code.NewLabel("touch_next");
        Label done = code.NewLabel("touch_done");
        a.mov(ecx, ExitsLayout.Pages);
        code.Place(ref next);
        a.test(rax, rax);
        a.je(done);
        a.mov(__byte_ptr[rcx], 1);
        a.add(rcx, rbp);
        a.dec(rax);
        a.jmp(next);
        code.Place(ref done);
        a.nop();
    }

    private static void WriteExceptions(GuestProgram program)
    {
        CodeSection code = program.Main;
        Assembler a = code.Asm;
        Label over = code.NewLabel("exceptions_set");
        Label[] stubs = Array.ConvertAll(s_exceptions, vector => code.NewLabel($"exception_{vector}"));
        a.jmp(over);
        for (int i = 0; i < stubs.Length; i++)
        {
            code.Place(ref stubs[i]);
            Ending.DebugExit(code, s_exceptions[i]);
        }
        code.Place(ref over);
        for (int i = 0; i < stubs.Length; i++)
            Interrupts.Of(program).SetGate(s_exceptions[i], stubs[i]);
    }

    /// <summary>Addresses of what is read after the choice of a row.</summary>
    private sealed record Variables(uint Turns, uint WarmUp, uint Quiet, uint Routine);
}
