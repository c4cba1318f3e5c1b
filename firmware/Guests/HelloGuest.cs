using Vmm.Firmware.Assembly;
using Vmm.Firmware.Blocks;

namespace Vmm.Firmware.Guests;

/// <summary>A line on the serial port, then power off: the first guest to run.</summary>
internal sealed class HelloGuest : TinyGuest
{
    /// <inheritdoc/>
    public override string Name => "hello";

    /// <inheritdoc/>
    public override string Summary => "prints a line on the serial port and powers off";

    /// <inheritdoc/>
    public override string Explanation =>
        "The guest to begin with. It comes in through the PVH entry in 32-bit protected mode, switches itself to 64-bit "
        + "long mode with its own page tables and GDT, prints one line byte by byte on the first serial port (port 0x3f8; "
        + "each byte is an exit to the VMM), then finds the sleep register in the ACPI tables and powers the machine off.";

    /// <inheritdoc/>
    public override GuestExpectation Expectation => new(["Hello from a tiny guest.\r\n"], GuestEnding.PowerOff);

    /// <inheritdoc/>
    private protected override void Write(GuestProgram program)
    {
        LongMode.Enter(program);
        SerialLine serial = SerialLine.Of(program);
        serial.Start();
        serial.PrintLine("Hello from a tiny guest.");
        program.Main.Asm.jmp(PowerOff.Of(program).Go);
    }
}
