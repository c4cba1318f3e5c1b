using Iced.Intel;
using Vmm.Firmware.Assembly;
using static Iced.Intel.AssemblerRegisters;

namespace Vmm.Firmware.Blocks;

/// <summary>The I/O APIC, which turns interrupt lines into vectors (Intel 82093AA data sheet, 3.0).</summary>
internal static class IoApic
{
    /// <summary>Line of the first serial port.</summary>
    public const int SerialLine = 4;

    private const uint Base = 0xFEC0_0000;

    /// <summary>Which register the window shows.</summary>
    private const int Select = 0x00;

    private const int Window = 0x10;

    /// <summary>First redirection entry; each is two registers.</summary>
    private const int Redirection = 0x10;

    /// <summary>Code that sends a line's interrupts, edge triggered, to a vector of this vCPU. Changes RAX, RDX.</summary>
    public static void Route(CodeSection code, int line, byte vector)
    {
        Assembler a = code.Asm;
        code.Remark($"I/O APIC: line {line} becomes vector 0x{vector:x} of this vCPU.");
        LocalApic.ReadId(code);
        a.mov(edx, Base);
        a.mov(__dword_ptr[rdx + Select], Redirection + 2 * line + 1);
        a.mov(__dword_ptr[rdx + Window], eax);
        a.mov(__dword_ptr[rdx + Select], Redirection + 2 * line);
        a.mov(__dword_ptr[rdx + Window], (uint)vector);
    }
}
