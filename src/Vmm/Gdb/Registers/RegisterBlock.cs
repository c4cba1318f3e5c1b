using System.Buffers.Binary;
using Vmm.Kvm.Abi;

namespace Vmm.Gdb.Registers;

/// <summary>Puts KVM's registers into the debugger's order and takes them out of it.</summary>
internal static class RegisterBlock
{
    /// <summary>General registers, into a block.</summary>
    public static void Put(in kvm_regs r, Span<byte> block)
    {
        ReadOnlySpan<ulong> general = [r.rax, r.rbx, r.rcx, r.rdx, r.rsi, r.rdi, r.rbp, r.rsp, r.r8, r.r9, r.r10, r.r11, r.r12, r.r13, r.r14, r.r15, r.rip];
        for (int i = 0; i < general.Length; i++)
            PutWord(block, RegisterLayout.General + 8 * i, general[i]);
        BinaryPrimitives.WriteUInt32LittleEndian(block[RegisterLayout.Flags..], (uint)r.rflags);
    }

    /// <summary>General registers, out of a block.</summary>
    /// <param name="block">The block.</param>
    /// <param name="r">As they are; what the block does not have of them stays.</param>
    public static kvm_regs Take(ReadOnlySpan<byte> block, kvm_regs r)
    {
        r.rax = Word(block, 0);
        r.rbx = Word(block, 8);
        r.rcx = Word(block, 16);
        r.rdx = Word(block, 24);
        r.rsi = Word(block, 32);
        r.rdi = Word(block, 40);
        r.rbp = Word(block, 48);
        r.rsp = Word(block, 56);
        r.r8 = Word(block, 64);
        r.r9 = Word(block, 72);
        r.r10 = Word(block, 80);
        r.r11 = Word(block, 88);
        r.r12 = Word(block, 96);
        r.r13 = Word(block, 104);
        r.r14 = Word(block, 112);
        r.r15 = Word(block, 120);
        r.rip = Word(block, RegisterLayout.Rip);
        r.rflags = (r.rflags & 0xffffffff_00000000) | BinaryPrimitives.ReadUInt32LittleEndian(block[RegisterLayout.Flags..]);
        return r;
    }

    /// <summary>Segments and control registers, into a block.</summary>
    public static void Put(in kvm_sregs s, Span<byte> block)
    {
        ReadOnlySpan<ushort> selectors = [s.cs.selector, s.ss.selector, s.ds.selector, s.es.selector, s.fs.selector, s.gs.selector];
        for (int i = 0; i < selectors.Length; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(block[(RegisterLayout.Selectors + 4 * i)..], selectors[i]);
        PutWord(block, RegisterLayout.Bases, s.fs.@base);
        PutWord(block, RegisterLayout.Bases + 8, s.gs.@base);
        ReadOnlySpan<ulong> control = [s.cr0, s.cr2, s.cr3, s.cr4, s.cr8, s.efer];
        for (int i = 0; i < control.Length; i++)
            PutWord(block, RegisterLayout.System + 8 + 8 * i, control[i]);
    }

    /// <summary>Segment bases and control registers, out of a block. Selectors are not among them: their hidden parts do not follow.</summary>
    /// <param name="block">The block.</param>
    /// <param name="s">As they are; what the block does not have of them stays.</param>
    public static kvm_sregs Take(ReadOnlySpan<byte> block, kvm_sregs s)
    {
        s.fs.@base = Word(block, RegisterLayout.Bases);
        s.gs.@base = Word(block, RegisterLayout.Bases + 8);
        s.cr0 = Word(block, RegisterLayout.System + 8);
        s.cr2 = Word(block, RegisterLayout.System + 16);
        s.cr3 = Word(block, RegisterLayout.System + 24);
        s.cr4 = Word(block, RegisterLayout.System + 32);
        s.cr8 = Word(block, RegisterLayout.System + 40);
        s.efer = Word(block, RegisterLayout.System + 48);
        return s;
    }

    /// <summary>The kernel's GS base (IA32_KERNEL_GS_BASE), which SWAPGS brings in.</summary>
    public static ulong KernelGsBase(ReadOnlySpan<byte> block) => Word(block, RegisterLayout.System);

    /// <summary>Puts the kernel's GS base into a block.</summary>
    public static void PutKernelGsBase(Span<byte> block, ulong value) => PutWord(block, RegisterLayout.System, value);

    private static ulong Word(ReadOnlySpan<byte> block, int offset) => BinaryPrimitives.ReadUInt64LittleEndian(block[offset..]);

    private static void PutWord(Span<byte> block, int offset, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(block[offset..], value);
}
