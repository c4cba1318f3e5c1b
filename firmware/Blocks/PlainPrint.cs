using Iced.Intel;
using Vmm.Firmware.Assembly;
using static Iced.Intel.AssemblerRegisters;

namespace Vmm.Firmware.Blocks;

/// <summary>Printing in 16-bit and 32-bit code, where the routines of 64-bit code are out of reach.</summary>
internal static class PlainPrint
{
    /// <summary>Code that prints the text at an address, ended by a zero byte. Changes AL, DX, SI or ESI.</summary>
    public static void Write(CodeSection code, string name, uint text)
    {
        Assembler a = code.Asm;
        Label next = code.NewLabel($"{name}_next");
        Label done = code.NewLabel($"{name}_done");
        if (code.Kind == SectionKind.Code16)
            a.mov(si, (ushort)text);
        else
            a.mov(esi, text);
        a.mov(dx, Ports.Serial);
        code.Place(ref next);
        a.lodsb();
        a.test(al, al);
        a.je(done);
        a.@out(dx, al);
        a.jmp(next);
        code.Place(ref done);
    }
}
