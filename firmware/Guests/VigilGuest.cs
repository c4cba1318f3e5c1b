using Iced.Intel;
using Vmm.Firmware.Assembly;
using Vmm.Firmware.Blocks;
using static Iced.Intel.AssemblerRegisters;

namespace Vmm.Firmware.Guests;

/// <summary>Every vCPU counts ticks, keeps a pattern in memory and watches that time goes forward: the guest to freeze and to move.</summary>
internal sealed class VigilGuest : TinyGuest
{
    private static readonly GuestParameter Pages = new("pages", 64, "pages of each vCPU's range");
    private static readonly GuestParameter PagesPerTick = new("rate", 16, "pages that each vCPU writes at each tick");
    private static readonly GuestParameter Rate = new("hz", 100, "ticks a second");
    private static readonly GuestParameter Ticks = new("ticks", 20, "ticks of each vCPU until it ends; 0 goes on for ever");

    private const byte PatternBroken = 1;
    private const byte TickLost = 2;
    private const byte TimeWentBack = 3;

    private const int PageShift = 12;
    private const int LastQuadword = (1 << PageShift) - 8;

    // A vCPU's record, 64 bytes from 2 MiB up.
    private const int RecordShift = 6;
    private const int Counted = 0;
    private const int Taken = 8;
    private const int Stamped = 16;
    private const int LastTime = 24;

    /// <summary>The records have a page; the ranges follow.</summary>
    private const uint Ranges = GuestLayout.FreeMemory + (1 << PageShift);

    /// <inheritdoc/>
    public override string Name => "vigil";

    /// <inheritdoc/>
    public override string Summary => "every vCPU counts ticks, keeps a pattern and watches the time";

    /// <inheritdoc/>
    public override string Explanation =>
        "Starts every vCPU. Each has a timer and, at each tick, stamps the next pages of a range of its own, after it has "
        + "checked that the stamp of the pass before is still there; that its own count of ticks has not gone back; and that "
        + "its time stamp counter has not. Between ticks it halts. Whoever freezes it, brings it back or moves it must lose "
        + "none of that. What it counts can be read from outside: 64 bytes a vCPU from 2 MiB up, ticks, ticks worked off, "
        + "pages stamped, last time seen. ticks=0 lets it run until it is stopped.";

    /// <inheritdoc/>
    public override IReadOnlyList<GuestParameter> Parameters => [Pages, PagesPerTick, Rate, Ticks];

    /// <inheritdoc/>
    public override GuestNeeds Needs => new(16, 2);

    /// <inheritdoc/>
    public override GuestExpectation Expectation => new(
        ["vigil: 2 vCPUs\r\n", "vigil: every tick counted, every page as it should be\r\n"], GuestEnding.PowerOff);

    /// <inheritdoc/>
    private protected override void Write(GuestProgram program)
    {
        LongMode.Enter(program);
        CodeSection code = program.Main;
        Assembler a = code.Asm;
        SerialLine serial = SerialLine.Of(program);
        CommandLine options = CommandLine.Of(program);
        Processors processors = Processors.Of(program);
        Vigil v = new(program);
        Label valid = code.NewLabel("rate_valid");

        serial.Start();
        Load(Pages, v.Pages);
        Load(PagesPerTick, v.PagesPerTick);
        Load(Ticks, v.Ticks);
        options.Load(Rate);
        code.Remark("Nanoseconds between two ticks.");
        a.mov(rcx, rax);
        a.test(rcx, rcx);
        a.jne(valid);
        a.inc(ecx);
        code.Place(ref valid);
        a.mov(eax, LocalApic.TimerFrequency);
        a.xor(edx, edx);
        a.div(rcx);
        a.mov(__qword_ptr[v.Period], rax);
        a.call(processors.Count);
        a.mov(__qword_ptr[v.Vcpus], rax);
        serial.PrintText("vigil: ");
        a.mov(rax, __qword_ptr[v.Vcpus]);
        a.call(Numbers.Of(program).Decimal);
        serial.PrintLine(" vCPUs");
        Interrupts.Of(program).Load();
        Interrupts.Of(program).SetGate(Interrupts.TimerVector, v.Handler);
        LocalApic.Enable(code);
        processors.Start(v.Other);
        a.xor(ebx, ebx);
        a.jmp(v.Begin);
        WriteOther(program, v);
        WriteTurn(program, v);
        WriteStamp(code, v);
        WriteEnd(program, v);
        WriteHandler(code, v);

        void Load(GuestParameter parameter, uint variable)
        {
            options.Load(parameter);
            a.mov(__qword_ptr[variable], rax);
        }
    }

    /// <summary>The others load the table that the first has filled, and join in.</summary>
    private static void WriteOther(GuestProgram program, Vigil v)
    {
        CodeSection code = program.Main;
        Assembler a = code.Asm;
        code.Place(ref v.Other);
        Interrupts.Of(program).Load();
        LocalApic.Enable(code);
        code.Place(ref v.Begin);
        code.Remark("RBX = vCPU, R14 = its record, R13 = its range, RBP = next page, R15 = passes done.");
        a.mov(r14, rbx);
        a.shl(r14, RecordShift);
        a.add(r14, (int)GuestLayout.FreeMemory);
        a.mov(r13, __qword_ptr[v.Pages]);
        a.imul(r13, rbx);
        a.shl(r13, PageShift);
        a.add(r13, (int)Ranges);
        a.xor(eax, eax);
        a.mov(__qword_ptr[r14 + Counted], rax);
        a.mov(__qword_ptr[r14 + Taken], rax);
        a.mov(__qword_ptr[r14 + Stamped], rax);
        a.mov(__qword_ptr[r14 + LastTime], rax);
        a.xor(ebp, ebp);
        a.xor(r15d, r15d);
        a.mov(rax, __qword_ptr[v.Period]);
        LocalApic.StartTimer(code);
        a.jmp(v.Turn);
    }

    /// <summary>Halts until a tick has come, checks the count and the time, and stamps.</summary>
    private static void WriteTurn(GuestProgram program, Vigil v)
    {
        CodeSection code = program.Main;
        Assembler a = code.Asm;
        Label reached = code.NewLabel("tick_reached");
        Label page = code.NewLabel("page");
        Label lost = code.NewLabel("tick_lost");
        Label back = code.NewLabel("time_went_back");

        code.Place(ref v.Turn);
        a.cli();
        a.mov(rax, __qword_ptr[r14 + Counted]);
        a.cmp(rax, __qword_ptr[r14 + Taken]);
        a.jne(reached);
        a.sti();
        a.hlt();
        a.jmp(v.Turn);
        code.Place(ref reached);
        a.sti();
        a.jb(lost);
        a.mov(__qword_ptr[r14 + Taken], rax);
        TimeStamp.Read(a);
        a.cmp(rax, __qword_ptr[r14 + LastTime]);
        a.jb(back);
        a.mov(__qword_ptr[r14 + LastTime], rax);
        a.mov(r8, __qword_ptr[v.PagesPerTick]);
        code.Place(ref page);
        a.call(v.Stamp);
        a.inc(__qword_ptr[r14 + Stamped]);
        a.dec(r8);
        a.jg(page);
        code.Remark("The first vCPU looks whether all are done; the others go on until then.");
        a.test(rbx, rbx);
        a.jne(v.Turn);
        a.jmp(v.End);
        code.Place(ref lost);
        Ending.DebugExit(code, TickLost);
        code.Place(ref back);
        Ending.DebugExit(code, TimeWentBack);
    }

    /// <summary>stamp_page: check and stamp page RBP of the range, and go on to the next.</summary>
    private static void WriteStamp(CodeSection code, Vigil v)
    {
        Assembler a = code.Asm;
        Label first = code.NewLabel("stamp_first");
        Label done = code.NewLabel("stamp_done");
        Label broken = code.NewLabel("pattern_broken");

        code.Remark("A stamp: the number of the pass in the upper half, the page's address in the lower.");
        code.Place(ref v.Stamp);
        a.mov(rdi, rbp);
        a.shl(rdi, PageShift);
        a.add(rdi, r13);
        a.mov(rax, r15);
        a.shl(rax, 32);
        a.or(rax, rdi);
        a.test(r15, r15);
        a.je(first);
        a.cmp(__qword_ptr[rdi], rax);
        a.jne(broken);
        a.cmp(__qword_ptr[rdi + LastQuadword], rax);
        a.jne(broken);
        code.Place(ref first);
        a.mov(rcx, 1L << 32);
        a.add(rax, rcx);
        a.mov(__qword_ptr[rdi], rax);
        a.mov(__qword_ptr[rdi + LastQuadword], rax);
        a.inc(rbp);
        a.cmp(rbp, __qword_ptr[v.Pages]);
        a.jb(done);
        a.xor(ebp, ebp);
        a.inc(r15);
        code.Place(ref done);
        a.ret();
        code.Place(ref broken);
        Ending.DebugExit(code, PatternBroken);
    }

    /// <summary>Over when every vCPU has had its ticks; never, with ticks=0.</summary>
    private static void WriteEnd(GuestProgram program, Vigil v)
    {
        CodeSection code = program.Main;
        Assembler a = code.Asm;
        Label next = code.NewLabel("look_next");
        code.Place(ref v.End);
        a.mov(rax, __qword_ptr[v.Ticks]);
        a.test(rax, rax);
        a.je(v.Turn);
        a.mov(esi, GuestLayout.FreeMemory);
        a.mov(rcx, __qword_ptr[v.Vcpus]);
        code.Place(ref next);
        a.cmp(__qword_ptr[rsi + Taken], rax);
        a.jb(v.Turn);
        a.add(rsi, 1 << RecordShift);
        a.dec(rcx);
        a.jne(next);
        SerialLine.Of(program).PrintLine("vigil: every tick counted, every page as it should be");
        a.jmp(PowerOff.Of(program).Go);
    }

    /// <summary>R14 belongs to the vCPU's own loop and is never anything else.</summary>
    private static void WriteHandler(CodeSection code, Vigil v)
    {
        Assembler a = code.Asm;
        code.Place(ref v.Handler);
        a.push(rax);
        a.inc(__qword_ptr[r14 + Counted]);
        LocalApic.Acknowledge(code);
        a.pop(rax);
        a.iretq();
    }

    /// <summary>The program's variables and labels.</summary>
    private sealed class Vigil(GuestProgram program)
    {
        public readonly uint Pages = program.Data.Variable("pages");
        public readonly uint PagesPerTick = program.Data.Variable("pages_per_tick");
        public readonly uint Ticks = program.Data.Variable("ticks_to_go");
        public readonly uint Period = program.Data.Variable("period");
        public readonly uint Vcpus = program.Data.Variable("vcpus");
        public Label Other = program.Main.NewLabel("other_vcpu");
        public Label Begin = program.Main.NewLabel("begin");
        public Label Turn = program.Main.NewLabel("turn");
        public Label Stamp = program.Main.NewLabel("stamp_page");
        public Label End = program.Main.NewLabel("look_for_end");
        public Label Handler = program.Main.NewLabel("timer_interrupt");
    }
}
