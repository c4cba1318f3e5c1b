using Iced.Intel;
using Vmm.Firmware.Assembly;
using Vmm.Firmware.Blocks;
using static Iced.Intel.AssemblerRegisters;

namespace Vmm.Firmware.Guests;

/// <summary>
/// The probe's steps that execute one instruction and look at its result. An instruction CPUID does not list is skipped:
/// a kernel would not use it either.
/// </summary>
internal sealed class ProbeInstructions(GuestProgram program, Label wrong)
{
    // CPUID feature bits (Intel SDM 2A, CPUID).
    private const uint FeatureLeaf = 1;
    private const int CMPXCHG16B = 13;
    private const int POPCNT = 23;
    private const int XSAVE = 26;
    private const uint StructuredLeaf = 7;
    private const int BMI1 = 3;
    private const uint ExtendedLeaf = 0x8000_0001;
    private const int LZCNT = 5;
    private const int RDTSCP = 27;

    // CR0: emulation off, monitor on. CR4: SSE usable, XSAVE usable (SDM 3A, 2.5).
    private const uint CR0_EM = 1 << 2;
    private const uint CR0_MP = 1 << 1;
    private const uint CR4_OSFXSR = 1 << 9;
    private const uint CR4_OSXMMEXCPT = 1 << 10;
    private const uint CR4_OSXSAVE = 1 << 18;

    /// <summary>XSAVE's first two components, x87 and SSE, with the header take 576 bytes (SDM 1, 13.4).</summary>
    private const int XsaveAreaSize = 576;

    private const uint X87AndSse = 3;

    private readonly CodeSection _code = program.Main;

    /// <summary>Code that writes a step's letter to the debug console.</summary>
    public static void Announce(CodeSection code, char letter)
    {
        ProbeStep step = ProbeStep.Find(letter) ?? throw new ArgumentOutOfRangeException(nameof(letter));
        code.Remark($"Step {letter}: {step.Name}.");
        code.Asm.mov(al, (byte)letter);
        code.Asm.@out(Ports.DebugConsole, al);
    }

    /// <summary>Code for steps d to i.</summary>
    public void Write()
    {
        WriteCompareExchange();
        WritePopulationCount();
        WriteBitSearch();
        WriteSse();
        WriteTimeStamp();
        WriteXsave();
    }

    private void WriteCompareExchange()
    {
        Assembler a = _code.Asm;
        uint place = program.Data.Reserve("sixteen_bytes", 16);
        Announce(_code, 'd');
        Label skip = SkipUnless(FeatureLeaf, ecx, CMPXCHG16B, "no_cmpxchg16b");
        a.xor(eax, eax);
        a.xor(edx, edx);
        a.mov(ebx, 1);
        a.mov(ecx, 2);
        a.@lock.cmpxchg16b(__xmmword_ptr[place]);
        a.jne(wrong);
        a.cmp(__qword_ptr[place + 8], 2);
        a.jne(wrong);
        _code.Place(ref skip);
        a.nop();
    }

    private void WritePopulationCount()
    {
        Assembler a = _code.Asm;
        Announce(_code, 'e');
        Label skip = SkipUnless(FeatureLeaf, ecx, POPCNT, "no_popcnt");
        a.mov(edx, 0xF0F0);
        a.popcnt(eax, edx);
        a.cmp(eax, 8);
        a.jne(wrong);
        _code.Place(ref skip);
        a.nop();
    }

    private void WriteBitSearch()
    {
        Assembler a = _code.Asm;
        Announce(_code, 'f');
        Label noTzcnt = SkipUnless(StructuredLeaf, ebx, BMI1, "no_tzcnt");
        _code.Remark("Of zero: 32. Where this runs as bsf, the target stays as it was.");
        a.xor(edx, edx);
        a.xor(eax, eax);
        a.tzcnt(eax, edx);
        a.cmp(eax, 32);
        a.jne(wrong);
        _code.Place(ref noTzcnt);
        Label noLzcnt = SkipUnless(ExtendedLeaf, ecx, LZCNT, "no_lzcnt");
        _code.Remark("Of 1: 31 leading zeros. As bsr it would be 0.");
        a.mov(edx, 1);
        a.lzcnt(eax, edx);
        a.cmp(eax, 31);
        a.jne(wrong);
        _code.Place(ref noLzcnt);
        a.nop();
    }

    private void WriteSse()
    {
        Assembler a = _code.Asm;
        Announce(_code, 'g');
        a.mov(rax, cr0);
        a.and(eax, ~CR0_EM);
        a.or(eax, CR0_MP);
        a.mov(cr0, rax);
        a.mov(rax, cr4);
        a.or(eax, CR4_OSFXSR | CR4_OSXMMEXCPT);
        a.mov(cr4, rax);
        a.mov(eax, 20);
        a.movd(xmm0, eax);
        a.mov(eax, 22);
        a.movd(xmm1, eax);
        a.paddd(xmm0, xmm1);
        a.movd(eax, xmm0);
        a.cmp(eax, 42);
        a.jne(wrong);
    }

    private void WriteTimeStamp()
    {
        Assembler a = _code.Asm;
        Announce(_code, 'h');
        Label skip = SkipUnless(ExtendedLeaf, edx, RDTSCP, "no_rdtscp");
        a.rdtscp();
        a.or(eax, edx);
        a.je(wrong);
        _code.Place(ref skip);
        a.nop();
    }

    private void WriteXsave()
    {
        Assembler a = _code.Asm;
        uint area = program.Data.Reserve("xsave_area", XsaveAreaSize, alignment: 64);
        Announce(_code, 'i');
        Label skip = SkipUnless(FeatureLeaf, ecx, XSAVE, "no_xsave");
        a.mov(rax, cr4);
        a.or(eax, CR4_OSXSAVE);
        a.mov(cr4, rax);
        a.xor(ecx, ecx);
        a.xor(edx, edx);
        a.mov(eax, X87AndSse);
        a.xsetbv();
        a.xgetbv();
        a.cmp(eax, X87AndSse);
        a.jne(wrong);
        a.xor(edx, edx);
        a.xsave(__[area]);
        a.xrstor(__[area]);
        _code.Place(ref skip);
        a.nop();
    }

    /// <summary>Code that jumps to the label returned when a CPUID bit is clear, or the leaf does not exist.</summary>
    private Label SkipUnless(uint leaf, AssemblerRegister32 register, int bit, string name)
    {
        Assembler a = _code.Asm;
        Label skip = _code.NewLabel(name);
        a.mov(eax, leaf & 0x8000_0000);
        a.cpuid();
        a.cmp(eax, leaf);
        a.jb(skip);
        a.mov(eax, leaf);
        a.xor(ecx, ecx);
        a.cpuid();
        a.bt(register, (byte)bit);
        a.jae(skip);
        return skip;
    }
}
