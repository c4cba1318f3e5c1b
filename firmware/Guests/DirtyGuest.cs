using Iced.Intel;
using Vmm.Firmware.Assembly;
using Vmm.Firmware.Blocks;
using static Iced.Intel.AssemblerRegisters;

namespace Vmm.Firmware.Guests;

/// <summary>Writes to memory at a set rate and notices when a write is lost.</summary>
internal sealed class DirtyGuest : TinyGuest
{
    private static readonly GuestParameter Size = new("mib", 8, "size of the range in MiB, from address 2 MiB up");
    private static readonly GuestParameter PagesPerTick = new("pages", 256, "pages written at each tick");
    private static readonly GuestParameter Rate = new("hz", 100, "ticks a second");
    private static readonly GuestParameter Ticks = new("ticks", 20, "ticks until it ends; 0 goes on for ever");

    private const byte PatternBroken = 1;
    private const int PageShift = 12;

    /// <summary>The second stamp of a page is its last quadword.</summary>
    private const int LastQuadword = (1 << PageShift) - 8;

    /// <inheritdoc/>
    public override string Name => "dirty";

    /// <inheritdoc/>
    public override string Summary => "writes a pattern over memory at a set rate and verifies it";

    /// <inheritdoc/>
    public override string Explanation =>
        "At each timer tick it stamps the next pages of a range, at both ends of each page, with the page's address and "
        + "the number of the pass; before it writes it checks that the stamp of the pass before is still there, and at "
        + "the end it checks the whole range. So it dirties memory at a known rate (pages * hz * 4 KiB a second) and "
        + "notices when a single page is lost or old: the guest to snapshot, and to migrate, while it runs. ticks=0 "
        + "lets it run until it is stopped.";

    /// <inheritdoc/>
    public override IReadOnlyList<GuestParameter> Parameters => [Size, PagesPerTick, Rate, Ticks];

    /// <inheritdoc/>
    public override GuestNeeds Needs => new(16, 1);

    /// <inheritdoc/>
    public override GuestExpectation Expectation => new(
        ["dirty: pass 1 done\r\n", "dirty: pass 2 done\r\n", "dirty: 5120 pages written, all as they should be\r\n"],
        GuestEnding.PowerOff);

    /// <inheritdoc/>
    private protected override void Write(GuestProgram program)
    {
        LongMode.Enter(program);
        CodeSection code = program.Main;
        Assembler a = code.Asm;
        SerialLine serial = SerialLine.Of(program);
        Ticker ticker = Ticker.Of(program);
        uint written = program.Data.Variable("pages_written");
        Label tick = code.NewLabel("tick");
        Label page = code.NewLabel("page");
        Label stamp = code.NewLabel("stamp_page");
        Label broken = code.NewLabel("pattern_broken");

        serial.Start();
        LoadOptions(program, ticker);
        code.Remark("RBP = next page, R15 = passes done, RBX = ticks seen.");
        a.xor(ebp, ebp);
        a.xor(r15d, r15d);
        a.xor(ebx, ebx);
        code.Place(ref tick);
        a.call(ticker.WaitNext);
        a.mov(r8, r13);
        code.Place(ref page);
        a.call(stamp);
        a.inc(__qword_ptr[written]);
        a.dec(r8);
        a.jg(page);
        code.Remark("One tick less to go; with ticks=0 this never reaches zero.");
        a.dec(r14);
        a.jne(tick);
        WriteVerify(program, broken);
        serial.PrintText("dirty: ");
        a.mov(rax, __qword_ptr[written]);
        a.call(Numbers.Of(program).Decimal);
        serial.PrintLine(" pages written, all as they should be");
        a.jmp(PowerOff.Of(program).Go);

        WriteStamp(program, stamp, broken);
        WriteBroken(program, broken);
    }

    /// <summary>R12 = pages in the range, R13 = pages a tick, R14 = ticks; and the ticker runs.</summary>
    private static void LoadOptions(GuestProgram program, Ticker ticker)
    {
        CodeSection code = program.Main;
        Assembler a = code.Asm;
        CommandLine options = CommandLine.Of(program);
        Interrupts.Of(program).Load();
        LocalApic.Enable(code);
        options.Load(Size);
        a.shl(rax, 20 - PageShift);
        a.mov(r12, rax);
        options.Load(PagesPerTick);
        a.mov(r13, rax);
        options.Load(Ticks);
        a.mov(r14, rax);
        options.Load(Rate);
        ticker.Start();
    }

    /// <summary>stamp_page: check and stamp page RBP, and go on to the next.</summary>
    private static void WriteStamp(GuestProgram program, Label stamp, Label broken)
    {
        CodeSection code = program.Main;
        Assembler a = code.Asm;
        Label first = code.NewLabel("stamp_first");
        Label done = code.NewLabel("stamp_done");

        code.Remark("A stamp: the number of the pass in the upper half, the page's address in the lower.");
        code.Place(ref stamp);
        a.mov(rdi, rbp);
        a.shl(rdi, PageShift);
        a.add(rdi, (int)GuestLayout.FreeMemory);
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
        a.cmp(rbp, r12);
        a.jb(done);
        a.xor(ebp, ebp);
        a.inc(r15);
        SerialLine serial = SerialLine.Of(program);
        serial.PrintText("dirty: pass ");
        a.mov(rax, r15);
        a.call(Numbers.Of(program).Decimal);
        serial.PrintLine(" done");
        code.Place(ref done);
        a.ret();
    }

    /// <summary>Every page of the range: those before RBP have the stamp of this pass, the others of the one before.</summary>
    private static void WriteVerify(GuestProgram program, Label broken)
    {
        CodeSection code = program.Main;
        Assembler a = code.Asm;
        Label next = code.NewLabel("verify_next");
        Label older = code.NewLabel("verify_older");
        Label skip = code.NewLabel("verify_skip");

        a.xor(r8d, r8d);
        code.Place(ref next);
        a.mov(rax, r15);
        a.cmp(r8, rbp);
        a.jae(older);
        a.inc(rax);
        code.Place(ref older);
        a.test(rax, rax);
        a.je(skip);
        a.mov(rdi, r8);
        a.shl(rdi, PageShift);
        a.add(rdi, (int)GuestLayout.FreeMemory);
        a.shl(rax, 32);
        a.or(rax, rdi);
        a.cmp(__qword_ptr[rdi], rax);
        a.jne(broken);
        a.cmp(__qword_ptr[rdi + LastQuadword], rax);
        a.jne(broken);
        code.Place(ref skip);
        a.inc(r8);
        a.cmp(r8, r12);
        a.jb(next);
    }

    /// <summary>pattern_broken: RDI = the page, RAX = what should be there.</summary>
    private static void WriteBroken(GuestProgram program, Label broken)
    {
        CodeSection code = program.Main;
        Assembler a = code.Asm;
        SerialLine serial = SerialLine.Of(program);
        Numbers numbers = Numbers.Of(program);
        code.Place(ref broken);
        a.mov(rbp, rax);
        serial.PrintText("dirty: page ");
        a.mov(rax, rdi);
        PrintHex();
        serial.PrintText(" should hold ");
        a.mov(rax, rbp);
        PrintHex();
        serial.PrintText(" but holds ");
        a.mov(rax, __qword_ptr[rdi]);
        PrintHex();
        serial.PrintText(" and ");
        a.mov(rax, __qword_ptr[rdi + LastQuadword]);
        PrintHex();
        serial.PrintText("\r\n");
        Ending.DebugExit(code, PatternBroken);

        void PrintHex()
        {
            a.mov(ecx, 16);
            a.call(numbers.Hex);
        }
    }
}
