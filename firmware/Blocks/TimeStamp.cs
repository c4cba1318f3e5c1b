using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Vmm.Firmware.Blocks;

/// <summary>The processor's time stamp counter, which can be read without an exit.</summary>
internal static class TimeStamp
{
    /// <summary>Code that brings the counter into RAX. Changes RDX.</summary>
    public static void Read(Assembler a)
    {
        a.rdtsc();
        a.shl(rdx, 32);
        a.or(rax, rdx);
    }
}
