using Iced.Intel;
using Vmm.Firmware.Assembly;
using Vmm.Firmware.Blocks;
using static Iced.Intel.AssemblerRegisters;

namespace Vmm.Firmware.Guests;

/// <summary>The smallest guest of all: one byte on the serial port, then the end. It measures a VMM's start.</summary>
internal sealed class ByteGuest : TinyGuest
{
    /// <inheritdoc/>
    public override string Name => "byte";

    /// <inheritdoc/>
    public override string Summary => "writes one byte on the serial port and exits: measures a VMM's start";

    /// <inheritdoc/>
    public override string Explanation =>
        "A handful of instructions in 32-bit protected mode, just as the VMM starts them: the letter B to the serial "
        + "port, a zero to the debug exit port. The guest takes microseconds, so the time from starting the VMM to its "
        + "end is the time of the VMM itself: process start, memory, vCPU, loader, clean-up. That makes it the guest "
        + "for comparing VMMs.";

    /// <inheritdoc/>
    public override GuestExpectation Expectation => new(["B"], GuestEnding.DebugExit);

    /// <inheritdoc/>
    private protected override void Write(GuestProgram program)
    {
        CodeSection entry = program.Entry;
        Assembler a = entry.Asm;
        entry.Remark("One byte to the serial port: after a reset it needs no set-up for that.");
        a.mov(dx, Ports.Serial);
        a.mov(al, (byte)'B');
        a.@out(dx, al);
        Ending.DebugExit(entry, Ending.Success);
    }
}
