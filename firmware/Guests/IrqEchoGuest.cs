using Iced.Intel;
using Vmm.Firmware.Assembly;
using Vmm.Firmware.Blocks;
using static Iced.Intel.AssemblerRegisters;

namespace Vmm.Firmware.Guests;

/// <summary>Echoes what is typed, woken by the serial port's interrupt.</summary>
internal sealed class IrqEchoGuest : TinyGuest
{
    /// <summary>What Ctrl-D sends.</summary>
    private const byte EndOfTransmission = 4;

    /// <inheritdoc/>
    public override string Name => "irq-echo";

    /// <inheritdoc/>
    public override string Summary => "echoes each byte typed, woken by the serial port's interrupt; Ctrl-D ends";

    /// <inheritdoc/>
    public override string Explanation =>
        "Connects the serial port's line 4 through the I/O APIC to a vector and halts. A byte typed on the terminal "
        + "travels from the VMM's event loop into the port's receive register, raises the line, wakes the vCPU, is read "
        + "by the interrupt handler and sent back. The last line tells how many interrupts the bytes took: fast typing "
        + "and pasted text share them.";

    /// <inheritdoc/>
    public override GuestExpectation Expectation => new(
        ["irq-echo: type, Ctrl-D ends\r\n", "echo this", "irq-echo: 9 bytes, ", " interrupts\r\n"],
        GuestEnding.PowerOff, "echo this\u0004");

    /// <inheritdoc/>
    private protected override void Write(GuestProgram program)
    {
        LongMode.Enter(program);
        CodeSection code = program.Main;
        Assembler a = code.Asm;
        SerialLine serial = SerialLine.Of(program);
        SerialInput input = SerialInput.Of(program);
        Label next = code.NewLabel("next_byte");
        Label end = code.NewLabel("end");

        Interrupts.Of(program).Load();
        LocalApic.Enable(code);
        serial.PrintLine("irq-echo: type, Ctrl-D ends");
        input.Start();
        code.Remark("RBX counts the bytes.");
        a.xor(ebx, ebx);
        code.Place(ref next);
        a.call(input.GetByte);
        a.cmp(al, EndOfTransmission);
        a.je(end);
        a.inc(rbx);
        a.call(serial.PutByte);
        a.jmp(next);
        code.Place(ref end);
        serial.PrintText("\r\nirq-echo: ");
        a.mov(rax, rbx);
        a.call(Numbers.Of(program).Decimal);
        serial.PrintText(" bytes, ");
        a.mov(rax, __qword_ptr[input.InterruptCount]);
        a.call(Numbers.Of(program).Decimal);
        serial.PrintText(" interrupts\r\n");
        a.jmp(PowerOff.Of(program).Go);
    }
}
