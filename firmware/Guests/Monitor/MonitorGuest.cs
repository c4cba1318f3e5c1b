using Iced.Intel;
using Vmm.Firmware.Assembly;
using Vmm.Firmware.Blocks;
using static Iced.Intel.AssemblerRegisters;

namespace Vmm.Firmware.Guests.Monitor;

/// <summary>A prompt on the serial port: the guest that runs when none is given.</summary>
internal sealed class MonitorGuest : TinyGuest
{
    /// <summary>Enough for a clock that shows tenths, and little enough to leave the host in peace.</summary>
    internal const int TicksPerSecond = 10;

    private const string Greeting = "Tiny guest \"monitor\": type help for its commands, Ctrl-A x to leave.";

    /// <inheritdoc/>
    public override string Name => "monitor";

    /// <inheritdoc/>
    public override string Summary => "an interactive prompt: look at registers, memory, CPUID; measure exits";

    /// <inheritdoc/>
    public override string Explanation =>
        "A small monitor on the serial line, in some 3 KB of 64-bit code that wait in HLT between two keys. It shows the "
        + "registers, CPUID leaves and memory, reads and writes I/O ports, counts timer ticks, measures what exits cost, "
        + "catches the faults it is told to make, and powers off or reboots through ACPI. It is what vmm run starts when "
        + "no kernel is given: a machine to play with that is there at once.";

    /// <inheritdoc/>
    public override GuestExpectation Expectation => new(
        [
            Greeting, "\r\n> ", "help", "exits [n]", "> ", "cr0", " PG", "> ", "vendor", "> ", "0x00100000  ", "> ",
            "Exception 6 (invalid opcode)", "> ", "Exception 14 (page fault)", "address 0x0000000140000000", "> ",
            "There is no command",
        ],
        GuestEnding.PowerOff,
        "help\rregs\rcpuid\rmem 0x100000 32\rfault\rmem 0x140000000\rhelx\bp\rnonsense\rhalt\r");

    /// <inheritdoc/>
    private protected override void Write(GuestProgram program)
    {
        LongMode.Enter(program);
        CodeSection code = program.Main;
        Assembler a = code.Asm;
        SerialLine serial = SerialLine.Of(program);
        Words words = Words.Of(program);
        Label resume = code.NewLabel("after_exception");
        Label prompt = code.NewLabel("prompt");

        serial.PrintLine(Greeting);
        Interrupts.Of(program).Load();
        Exceptions.Of(program).Catch(resume);
        LocalApic.Enable(code);
        a.mov(eax, TicksPerSecond);
        Ticker.Of(program).Start();
        SerialInput.Of(program).Start();
        a.jmp(prompt);

        code.Remark("After an exception the stack may hold anything: start anew.");
        code.Place(ref resume);
        a.mov(esp, GuestLayout.FirstStackTop);
        code.Place(ref prompt);
        serial.PrintText("> ");
        a.call(LineEditor.Of(program, "halt").ReadLine);
        a.call(words.SkipSpaces);
        a.test(al, al);
        a.je(prompt);
        MonitorCommand[] commands = Commands(program);
        WriteDispatch(program, commands, prompt);
        foreach (MonitorCommand command in commands)
            command.WriteBody(code);
    }

    private static MonitorCommand[] Commands(GuestProgram program)
    {
        var look = new MonitorLook(program);
        var change = new MonitorChange(program);
        MonitorCommand? help = null;
        MonitorCommand[] commands =
        [
            help = new MonitorCommand(program, "help", "help", "this list", () => { }),
            new(program, "regs", "regs", "control registers and flags, with the names of the bits set", look.Registers),
            new(program, "cpuid", "cpuid [leaf [subleaf]]", "vendor and brand, or one leaf", look.Cpuid),
            new(program, "mem", "mem addr [length]", "memory in hexadecimal and as text", look.Memory),
            new(program, "in", "in port", "read a byte from an I/O port", change.In),
            new(program, "out", "out port value", "write a byte to an I/O port", change.Out),
            new(program, "ticks", "ticks", "timer interrupts since the start", look.Ticks),
            new(program, "exits", "exits [n]", "measure what exits cost, over n of each kind", new MonitorExits(program).Write),
            new(program, "fault", "fault", "execute an invalid instruction; the handler reports it", change.Fault),
            new(program, "triple", "triple", "fault without an interrupt table: the end of any processor", change.Triple),
            new(program, "reboot", "reboot", "reset the machine", change.Restart),
            new(program, "halt", "halt", "power off (also Ctrl-D)", change.Halt),
        ];
        help.Body = () => WriteHelp(program, commands);
        return commands;
    }

    private static void WriteHelp(GuestProgram program, MonitorCommand[] commands)
    {
        const int column = 24;
        IEnumerable<string> lines = commands.Select(c => $"  {c.Usage.PadRight(column)}{c.Meaning}\r\n");
        SerialLine.Of(program).PrintText(
            string.Concat(lines) + "Numbers are decimal, or hexadecimal after 0x. The arrow up repeats the line before.\r\n");
        program.Main.Asm.ret();
    }

    private static void WriteDispatch(GuestProgram program, MonitorCommand[] commands, Label prompt)
    {
        CodeSection code = program.Main;
        Assembler a = code.Asm;
        SerialLine serial = SerialLine.Of(program);
        foreach (MonitorCommand command in commands)
        {
            Label next = code.NewLabel($"not_{command.Name}");
            a.mov(edi, program.Data.Text(command.Name));
            a.call(Words.Of(program).Match);
            a.jne(next);
            a.call(command.Routine);
            a.jmp(prompt);
            code.Place(ref next);
        }
        a.push(rsi);
        serial.PrintText("There is no command \"");
        a.pop(rsi);
        a.call(serial.Print);
        serial.PrintLine("\"; help lists them.");
        a.jmp(prompt);
    }
}
