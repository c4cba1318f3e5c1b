using Iced.Intel;
using Vmm.Firmware.Assembly;
using Vmm.Firmware.Blocks;
using static Iced.Intel.AssemblerRegisters;

namespace Vmm.Firmware.Guests;

/// <summary>All vCPUs add to one number.</summary>
internal sealed class CountGuest : TinyGuest
{
    private static readonly GuestParameter Count = new("n", 1000, "how often each vCPU adds one");

    /// <summary>TSC cycles after which a vCPU that has not come is given up: some seconds.</summary>
    private const ulong Patience = 20_000_000_000;

    private const byte NotAllCame = 1;
    private const byte WrongSum = 2;

    /// <inheritdoc/>
    public override string Name => "count";

    /// <inheritdoc/>
    public override string Summary => "starts every vCPU; all add to one number under a lock prefix";

    /// <inheritdoc/>
    public override string Explanation =>
        "Asks ACPI's MADT how many vCPUs there are, wakes them with INIT and start-up interrupts, and lets each climb from "
        + "real mode to long mode on its own stack. Then all of them, the first included, add one to the same place in "
        + "memory n times with a lock prefix. Not one may be lost: the sum is vCPUs times n. Run it with --cpus 4, and "
        + "with more vCPUs than the host has processors.";

    /// <inheritdoc/>
    public override IReadOnlyList<GuestParameter> Parameters => [Count];

    /// <inheritdoc/>
    public override GuestNeeds Needs => new(2, 2);

    /// <inheritdoc/>
    public override GuestExpectation Expectation =>
        new(["count: 2 of 2 vCPUs, sum 2000\r\n"], GuestEnding.PowerOff);

    /// <inheritdoc/>
    private protected override void Write(GuestProgram program)
    {
        LongMode.Enter(program);
        CodeSection code = program.Main;
        Assembler a = code.Asm;
        Processors processors = Processors.Of(program);
        uint turns = program.Data.Variable("turns");
        uint sum = program.Data.Variable("sum");
        uint finished = program.Data.Variable("finished");
        Label add = code.NewLabel("add");
        Label other = code.NewLabel("other_vcpu");
        Label rest = code.NewLabel("rest");

        SerialLine.Of(program).Start();
        CommandLine.Of(program).Load(Count);
        a.mov(__qword_ptr[turns], rax);
        a.call(processors.Count);
        a.mov(ebp, eax);
        LocalApic.Enable(code);
        processors.Start(other);
        a.call(add);
        WriteWait(program, finished);
        WriteReport(program, sum, finished, turns);

        code.Place(ref other);
        a.call(add);
        code.Place(ref rest);
        a.hlt();
        a.jmp(rest);
        WriteAdd(code, add, turns, sum, finished);
    }

    /// <summary>add: what every vCPU does.</summary>
    private static void WriteAdd(CodeSection code, Label add, uint turns, uint sum, uint finished)
    {
        Assembler a = code.Asm;
        Label next = code.NewLabel("add_next");
        Label done = code.NewLabel("add_done");
        code.Place(ref add);
        a.mov(rcx, __qword_ptr[turns]);
        a.test(rcx, rcx);
        a.je(done);
        code.Place(ref next);
        a.@lock.inc(__qword_ptr[sum]);
        a.dec(rcx);
        a.jne(next);
        code.Place(ref done);
        a.@lock.inc(__qword_ptr[finished]);
        a.ret();
    }

    /// <summary>Waits until EBP vCPUs have finished, but not for ever.</summary>
    private static void WriteWait(GuestProgram program, uint finished)
    {
        CodeSection code = program.Main;
        Assembler a = code.Asm;
        Label wait = code.NewLabel("wait_all");
        Label done = code.NewLabel("wait_done");
        TimeStamp.Read(a);
        a.mov(rcx, Patience);
        a.add(rcx, rax);
        code.Place(ref wait);
        a.cmp(__qword_ptr[finished], rbp);
        a.jae(done);
        a.pause();
        TimeStamp.Read(a);
        a.cmp(rax, rcx);
        a.jb(wait);
        code.Place(ref done);
    }

    private static void WriteReport(GuestProgram program, uint sum, uint finished, uint turns)
    {
        CodeSection code = program.Main;
        Assembler a = code.Asm;
        SerialLine serial = SerialLine.Of(program);
        Numbers numbers = Numbers.Of(program);
        Label allCame = code.NewLabel("all_came");
        Label right = code.NewLabel("sum_right");

        serial.PrintText("count: ");
        a.mov(rax, __qword_ptr[finished]);
        a.call(numbers.Decimal);
        serial.PrintText(" of ");
        a.mov(eax, ebp);
        a.call(numbers.Decimal);
        serial.PrintText(" vCPUs, sum ");
        a.mov(rax, __qword_ptr[sum]);
        a.call(numbers.Decimal);
        serial.PrintText("\r\n");
        a.cmp(__qword_ptr[finished], rbp);
        a.je(allCame);
        Ending.DebugExit(code, NotAllCame);
        code.Place(ref allCame);
        a.mov(rax, __qword_ptr[turns]);
        a.imul(rax, rbp);
        a.cmp(rax, __qword_ptr[sum]);
        a.je(right);
        Ending.DebugExit(code, WrongSum);
        code.Place(ref right);
        a.jmp(PowerOff.Of(program).Go);
    }
}
