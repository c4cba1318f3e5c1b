using System.Buffers.Binary;
using Iced.Intel;
using Vmm.Firmware.Assembly;
using static Iced.Intel.AssemblerRegisters;

namespace Vmm.Firmware.Blocks;

/// <summary>
/// Code for real mode lies in the first MiB, where 16-bit addresses reach; guests are loaded above it. So the page is
/// copied down before it is used, and the way up from real mode is the same for everybody who starts there.
/// </summary>
internal static class RealMode
{
    private const uint CR0_PE = 1;

    /// <summary>Code that copies the page down, for 32-bit and 64-bit sections. Changes ECX, ESI, EDI.</summary>
    public static void CopyDown(CodeSection code)
    {
        Assembler a = code.Asm;
        code.Remark("Copy the real-mode page to where real mode can reach it.");
        a.mov(esi, GuestLayout.RealModeImage);
        a.mov(edi, GuestLayout.RealMode);
        a.mov(ecx, GuestLayout.RealModeImageSize / 4);
        a.rep.movsd();
    }

    /// <summary>
    /// Real-mode code that switches protection on and goes on at <see cref="GuestProgram.Ascent"/>. DS must be 0.
    /// </summary>
    public static void WriteAscent(GuestProgram program, uint gdtTable)
    {
        // LGDT in 16-bit code loads 24 bits of base, enough for a table in the second MiB.
        uint pointer = program.RealData.Add("gdt_pointer16", Descriptors.Pointer(gdtTable), alignment: 2);
        CodeSection code = program.Real;
        Assembler a = code.Asm;
        code.Remark("Up again: GDT, CR0.PE, and a far jump to a 32-bit segment.");
        a.mov(bx, (ushort)pointer);
        a.lgdt(__[bx]);
        a.mov(eax, cr0);
        a.or(eax, CR0_PE);
        a.mov(cr0, eax);
        code.FarJump(Descriptors.Code32, GuestLayout.Ascent);
        LongMode.WriteSegments(program.Ascent.Asm);
    }

    /// <summary>
    /// 16-bit protected-mode code that switches protection off and goes on at <see cref="GuestProgram.Real"/> with all
    /// segments at 0 and a stack (Intel SDM 3A, 10.9.2).
    /// </summary>
    public static void WriteDescent(GuestProgram program)
    {
        byte[] pointer = new byte[6];
        BinaryPrimitives.WriteUInt16LittleEndian(pointer, 0x3FF);
        uint vectors = program.RealData.Add("real_vectors", pointer, alignment: 2);

        CodeSection down = program.Descent;
        Assembler a = down.Asm;
        down.Remark("Segments with limits of 64 KiB, which real mode keeps; the interrupt table of real mode at 0.");
        a.mov(ax, Descriptors.Data16);
        a.mov(ds, ax);
        a.mov(es, ax);
        a.mov(ss, ax);
        a.mov(bx, (ushort)vectors);
        a.lidt(__[bx]);
        down.Remark("Protection off, and a far jump that loads CS the real-mode way.");
        a.mov(eax, cr0);
        a.and(eax, ~CR0_PE);
        a.mov(cr0, eax);
        down.FarJump(0, GuestLayout.RealMode);

        Assembler real = program.Real.Asm;
        program.Real.Remark("Real mode: an address is segment * 16 + offset.");
        real.xor(ax, ax);
        real.mov(ds, ax);
        real.mov(es, ax);
        real.mov(ss, ax);
        real.mov(sp, (ushort)GuestLayout.RealModeStackTop);
    }
}
