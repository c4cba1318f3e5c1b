using Iced.Intel;
using Vmm.Firmware.Assembly;
using Vmm.Firmware.Blocks;
using static Iced.Intel.AssemblerRegisters;

namespace Vmm.Firmware.Guests;

/// <summary>Timer interrupts that wake a halted vCPU.</summary>
internal sealed class TicksGuest : TinyGuest
{
    private static readonly GuestParameter Count = new("n", 5, "number of ticks");
    private static readonly GuestParameter Rate = new("hz", 10, "ticks a second");

    /// <inheritdoc/>
    public override string Name => "ticks";

    /// <inheritdoc/>
    public override string Summary => "sleeps in HLT, wakes on each timer interrupt and prints it";

    /// <inheritdoc/>
    public override string Explanation =>
        "Sets up an interrupt table and the timer of the local APIC, then halts until the next interrupt and prints the "
        + "number of the tick, n times. A halted vCPU costs no processor time: its thread sleeps inside KVM until the "
        + "timer, which KVM emulates with a timer of the host, wakes it. Watch it in `top -H` with hz=1 and n=30.";

    /// <inheritdoc/>
    public override IReadOnlyList<GuestParameter> Parameters => [Count, Rate];

    /// <inheritdoc/>
    public override GuestExpectation Expectation =>
        new(["tick 1\r\n", "tick 2\r\n", "tick 3\r\n", "tick 4\r\n", "tick 5\r\n"], GuestEnding.PowerOff);

    /// <inheritdoc/>
    private protected override void Write(GuestProgram program)
    {
        LongMode.Enter(program);
        CodeSection code = program.Main;
        Assembler a = code.Asm;
        SerialLine serial = SerialLine.Of(program);
        CommandLine options = CommandLine.Of(program);
        Ticker ticker = Ticker.Of(program);
        Label next = code.NewLabel("next_tick");

        serial.Start();
        Interrupts.Of(program).Load();
        LocalApic.Enable(code);
        options.Load(Count);
        a.mov(r12, rax);
        options.Load(Rate);
        ticker.Start();
        code.Remark("R12 = ticks to print, RBP = ticks printed, RBX = ticks seen.");
        a.xor(ebx, ebx);
        a.xor(ebp, ebp);
        code.Place(ref next);
        a.call(ticker.WaitNext);
        a.inc(rbp);
        serial.PrintText("tick ");
        a.mov(rax, rbp);
        a.call(Numbers.Of(program).Decimal);
        serial.PrintText("\r\n");
        a.cmp(rbp, r12);
        a.jb(next);
        a.jmp(PowerOff.Of(program).Go);
    }
}
