using Iced.Intel;
using Vmm.Firmware.Assembly;
using Vmm.Firmware.Blocks;
using static Iced.Intel.AssemblerRegisters;

namespace Vmm.Firmware.Guests;

/// <summary>vCPUs that are hard to hold, each in its own way.</summary>
internal sealed class UnrestGuest : TinyGuest
{
    private static readonly GuestParameter Turns = new("n", 100_000, "how often the first vCPU turns before it powers off");

    /// <summary>A port that no device has.</summary>
    private const ushort EmptyPort = 0x520;

    /// <summary>What a vCPU does goes by its number's last bits.</summary>
    private const int Kinds = 3;

    /// <inheritdoc/>
    public override string Name => "unrest";

    /// <inheritdoc/>
    public override string Summary => "vCPUs that spin, halt, and storm ports and memory: what a pause has to stop";

    /// <inheritdoc/>
    public override string Explanation =>
        "Starts every vCPU and gives each its own way of being busy. The first turns in a loop of its own and never leaves "
        + "the guest; the second halts with nothing to wake it; the third reads device memory and the fourth a port without "
        + "end, so that they are mostly outside. A pause has to hold all of them: it kicks the first two out of the guest "
        + "and catches the others at the door. 'vmm bench pause' measures how long that takes.";

    /// <inheritdoc/>
    public override IReadOnlyList<GuestParameter> Parameters => [Turns];

    /// <inheritdoc/>
    public override GuestNeeds Needs => new(2, 4);

    /// <inheritdoc/>
    public override GuestExpectation Expectation => new(["unrest: 4 vCPUs\r\n"], GuestEnding.PowerOff);

    /// <inheritdoc/>
    private protected override void Write(GuestProgram program)
    {
        LongMode.Enter(program);
        CodeSection code = program.Main;
        Assembler a = code.Asm;
        Processors processors = Processors.Of(program);
        SerialLine serial = SerialLine.Of(program);
        uint turns = program.Data.Variable("turns");
        Label other = code.NewLabel("other_vcpu");
        Label turn = code.NewLabel("turn");

        serial.Start();
        CommandLine.Of(program).Load(Turns);
        a.mov(__qword_ptr[turns], rax);
        a.call(processors.Count);
        a.mov(ebp, eax);
        LocalApic.Enable(code);
        processors.Start(other);
        serial.PrintText("unrest: ");
        a.mov(eax, ebp);
        a.call(Numbers.Of(program).Decimal);
        serial.PrintText(" vCPUs\r\n");
        code.Remark("The first vCPU: no exit at all until it is done.");
        a.mov(rcx, __qword_ptr[turns]);
        code.Place(ref turn);
        a.pause();
        a.dec(rcx);
        a.jg(turn);
        a.jmp(PowerOff.Of(program).Go);

        code.Place(ref other);
        WriteOthers(code);
    }

    private static void WriteOthers(CodeSection code)
    {
        Assembler a = code.Asm;
        Label spin = code.NewLabel("spin");
        Label halt = code.NewLabel("halt");
        Label memory = code.NewLabel("storm_memory");
        Label port = code.NewLabel("storm_port");
        a.and(ebx, Kinds);
        a.cmp(ebx, 1);
        a.je(halt);
        a.mov(esi, MmioLoopGuest.EmptyAddress);
        a.mov(edx, EmptyPort);
        a.cmp(ebx, 2);
        a.je(memory);
        a.ja(port);
        code.Place(ref spin);
        a.pause();
        a.jmp(spin);
        code.Place(ref halt);
        a.hlt();
        a.jmp(halt);
        code.Place(ref memory);
        a.mov(eax, __dword_ptr[rsi]);
        a.jmp(memory);
        code.Place(ref port);
        a.@in(al, dx);
        a.jmp(port);
    }
}
