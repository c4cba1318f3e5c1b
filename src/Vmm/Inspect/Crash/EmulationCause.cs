using Iced.Intel;
using Vmm.Guest.Cpu.Paging;
using Vmm.Inspect.Views;
using Vmm.Kvm.State;

namespace Vmm.Inspect.Crash;

/// <summary>Why KVM could not emulate an instruction.</summary>
internal static class EmulationCause
{
    /// <summary>One line.</summary>
    public static string Deduce(CrashScene scene)
    {
        ulong code = scene.CodeAddress;
        PageWalkResult walk = scene.Memory.Walk(code);
        if (WalkText.Fault(walk) is { } fault)
            return $"there is no code at RIP: {fault}";
        if (!scene.LeadsToRam(code))
            return $"the guest runs code at physical 0x{walk.Physical:x}, where there is no RAM but a hole or a device: it jumped to a wrong address";
        if (Decode(scene) is not { } instruction)
            return "the instruction at RIP cannot be read whole";
        if (instruction.IsInvalid)
            return "the bytes at RIP are no instruction: the guest jumped into data, or its code was overwritten";
        string mnemonic = instruction.Mnemonic.ToString().ToLowerInvariant();
        if (Operand(scene, instruction) is ulong operand && scene.Memory.Walk(operand) is { IsMapped: true } target && !scene.LeadsToRam(operand))
            return $"{mnemonic} reaches physical 0x{target.Physical:x}, where there is no RAM: KVM emulates accesses to devices, and knows {Unknown(instruction)} not: use plain moves there";
        if (!scene.CanRunKernels && ProcessorMode.PrivilegeLevel(scene.General, scene.System) != 3)
            return $"this host's KVM emulates all code in kernel mode, and does not know {mnemonic}: use a host whose processor has VT-x or SVM";
        if (new DescriptorReader(scene).FindStackObstacle() is { } stack && instruction.IsStackInstruction)
            return stack;
        return $"KVM's emulator does not know this form of {mnemonic}; it came to it because the access needs emulation (a device, a page that is written while it is a page table, or real mode on an older processor)";
    }

    /// <summary>The instruction at RIP; null when it cannot be read.</summary>
    public static Instruction? Decode(CrashScene scene)
    {
        byte[] code = new byte[CodeListing.LongestInstruction];
        int length = scene.Memory.Read(scene.CodeAddress, code);
        if (length == 0)
            return null;
        Decoder decoder = Decoder.Create(scene.CodeBits, new ByteArrayCodeReader(code, 0, length), scene.General.Rip);
        decoder.Decode(out Instruction instruction);
        return decoder.LastError == DecoderError.NoMoreBytes ? null : instruction;
    }

    /// <summary>The linear address of its memory operand; null when it has none.</summary>
    public static ulong? Operand(CrashScene scene, in Instruction instruction)
    {
        for (int i = 0; i < instruction.OpCount; i++)
        {
            if (instruction.GetOpKind(i) == OpKind.Memory && instruction.Mnemonic is not (Mnemonic.Lea or Mnemonic.Nop)
                && instruction.TryGetVirtualAddress(i, 0, out ulong address, (Register register, int _, int _, out ulong value) => TryValue(scene, register, out value)))
                return scene.CodeBits == 64 ? address : (uint)address;
        }
        return null;
    }

    private static string Unknown(in Instruction instruction) => instruction.Encoding switch
    {
        EncodingKind.VEX => "AVX",
        EncodingKind.EVEX => "AVX-512",
        _ when instruction.Op0Register.IsXMM() || (instruction.OpCount > 1 && instruction.Op1Register.IsXMM()) => "this form of SSE",
        _ => "this instruction",
    };

    private static bool TryValue(CrashScene scene, Register register, out ulong value)
    {
        (GeneralRegisters g, SystemRegisters s) = (scene.General, scene.System);
        bool is64 = scene.CodeBits == 64;
        value = register.GetFullRegister() switch
        {
            Register.RAX => g.Rax,
            Register.RBX => g.Rbx,
            Register.RCX => g.Rcx,
            Register.RDX => g.Rdx,
            Register.RSI => g.Rsi,
            Register.RDI => g.Rdi,
            Register.RBP => g.Rbp,
            Register.RSP => g.Rsp,
            Register.R8 => g.R8,
            Register.R9 => g.R9,
            Register.R10 => g.R10,
            Register.R11 => g.R11,
            Register.R12 => g.R12,
            Register.R13 => g.R13,
            Register.R14 => g.R14,
            Register.R15 => g.R15,
            Register.FS => s.Fs.Base,
            Register.GS => s.Gs.Base,
            Register.CS => is64 ? 0 : s.Cs.Base,
            Register.DS => is64 ? 0 : s.Ds.Base,
            Register.ES => is64 ? 0 : s.Es.Base,
            Register.SS => is64 ? 0 : s.Ss.Base,
            _ => 0,
        };
        int bytes = register.IsSegmentRegister() ? sizeof(ulong) : register.GetSize();
        if (bytes < sizeof(ulong))
            value &= (1UL << bytes * 8) - 1;
        return register.IsGPR() || register.IsSegmentRegister();
    }
}
