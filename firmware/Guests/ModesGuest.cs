using Vmm.Firmware.Assembly;
using Vmm.Firmware.Blocks;

namespace Vmm.Firmware.Guests;

/// <summary>Down to real mode and up again through protected mode to long mode, a line in each.</summary>
internal sealed class ModesGuest : TinyGuest
{
    /// <inheritdoc/>
    public override string Name => "modes";

    /// <inheritdoc/>
    public override string Summary => "walks down to real mode and up to long mode, a line in each";

    /// <inheritdoc/>
    public override string Explanation =>
        "The whole history of the processor in one guest. A VMM starts a PVH guest in 32-bit protected mode; this one "
        + "first goes down to 16-bit real mode, the state in which a PC wakes up, then climbs back: CR0.PE and a 32-bit "
        + "code segment for protected mode; PAE, page tables, EFER.LME and CR0.PG for long mode. In each mode it prints "
        + "a line on the serial port. The listing shows the same loop in three widths.";

    /// <inheritdoc/>
    public override GuestExpectation Expectation => new(
        [
            "protected mode: as the VMM starts a PVH guest\r\n",
            "real mode: 16 bits, as a PC wakes up\r\n",
            "protected mode: 32 bits\r\n",
            "long mode: 64 bits\r\n",
        ],
        GuestEnding.PowerOff);

    /// <inheritdoc/>
    private protected override void Write(GuestProgram program)
    {
        LongMode mode = LongMode.Of(program);
        mode.WriteArrival();
        PlainPrint.Write(
            program.Entry, "arrival", program.Data.Line("protected mode: as the VMM starts a PVH guest"));
        RealMode.CopyDown(program.Entry);
        program.Entry.Remark("Down: first into a 16-bit segment.");
        program.Entry.FarJump(Descriptors.Code16, GuestLayout.Descent);

        RealMode.WriteDescent(program);
        PlainPrint.Write(program.Real, "real", program.RealData.Line("real mode: 16 bits, as a PC wakes up"));
        RealMode.WriteAscent(program, mode.GdtTable);

        PlainPrint.Write(program.Ascent, "ascent", program.Data.Line("protected mode: 32 bits"));
        LongMode.WriteSwitch(program.Ascent);
        program.Ascent.FarJump(Descriptors.Code64, GuestLayout.Main);

        LongMode.WriteLanding(program);
        SerialLine.Of(program).PrintLine("long mode: 64 bits");
        program.Main.Asm.jmp(PowerOff.Of(program).Go);
    }
}
