using Iced.Intel;
using Vmm.Firmware.Assembly;
using static Iced.Intel.AssemblerRegisters;

namespace Vmm.Firmware.Blocks;

/// <summary>The end of a guest by the debug exit port, in code of any width.</summary>
internal static class Ending
{
    /// <summary>Value that says all went well; QEMU turns it into exit status 1.</summary>
    public const byte Success = 0;

    /// <summary>Ends with a fixed value.</summary>
    public static void DebugExit(CodeSection code, byte value)
    {
        code.Asm.mov(al, value);
        DebugExitWithAl(code);
    }

    /// <summary>Ends with the value in AL.</summary>
    public static void DebugExitWithAl(CodeSection code)
    {
        Assembler a = code.Asm;
        code.Remark("Debug exit: the VMM ends with status (AL << 1) | 1.");
        a.@out(Ports.DebugExit, al);
        Stop(code);
    }

    /// <summary>A processor that has nothing more to do, for good.</summary>
    public static void Stop(CodeSection code)
    {
        Assembler a = code.Asm;
        Label stopped = code.NewLabel("stopped");
        code.Remark("Still here? Then nobody listens at the debug exit port: stop for good.");
        a.cli();
        code.Place(ref stopped);
        a.hlt();
        a.jmp(stopped);
    }
}
