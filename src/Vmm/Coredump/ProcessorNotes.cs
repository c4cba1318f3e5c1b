using System.Buffers.Binary;
using Vmm.Kvm.State;

namespace Vmm.Coredump;

/// <summary>A vCPU as notes of a core file: as a thread for debuggers, and with its control registers.</summary>
internal static class ProcessorNotes
{
    /// <summary>NT_PRSTATUS (linux/elf.h).</summary>
    public const uint NT_PRSTATUS = 1;

    /// <summary>sizeof(struct elf_prstatus) on x86-64 (linux/elfcore.h).</summary>
    public const int StatusSize = 336;

    /// <summary>offsetof(struct elf_prstatus, pr_pid).</summary>
    public const int StatusPid = 32;

    /// <summary>offsetof(struct elf_prstatus, pr_reg): struct user_regs_struct (sys/user.h), 27 registers.</summary>
    public const int StatusRegisters = 112;

    /// <summary>Type of the note that QEMU invented for the state of a processor.</summary>
    public const uint QemuCpuState = 0;

    /// <summary>Bytes of it: version and size, 18 registers, 10 segments, 5 control registers, the kernel's GS base.</summary>
    public const int QemuSize = 8 + 18 * 8 + 10 * SegmentSize + 5 * 8 + 8;

    private const int SegmentSize = 24;
    private const uint QemuVersion = 1;
    private const ulong KernelGsBase = 0xc000_0102;

    /// <summary>struct elf_prstatus: the vCPU as a thread whose number is one more than its own, for 0 is none.</summary>
    public static byte[] Status(VcpuRecord vcpu, int number)
    {
        byte[] note = new byte[StatusSize];
        BinaryPrimitives.WriteInt32LittleEndian(note.AsSpan(StatusPid), number + 1);
        (GeneralRegisters g, SystemRegisters s) = (vcpu.General, vcpu.System);
        // The order of struct user_regs_struct; orig_rax is that of no system call.
        ulong[] registers =
        [
            g.R15, g.R14, g.R13, g.R12, g.Rbp, g.Rbx, g.R11, g.R10, g.R9, g.R8, g.Rax, g.Rcx, g.Rdx, g.Rsi, g.Rdi, ulong.MaxValue,
            g.Rip, s.Cs.Selector, g.Rflags, g.Rsp, s.Ss.Selector, s.Fs.Base, s.Gs.Base, s.Ds.Selector, s.Es.Selector, s.Fs.Selector, s.Gs.Selector,
        ];
        Write(note.AsSpan(StatusRegisters), registers);
        return note;
    }

    /// <summary>The state that <c>crash</c> and <c>drgn</c> find a kernel by: IDTR and CR3 tell where it was loaded.</summary>
    public static byte[] Qemu(VcpuRecord vcpu)
    {
        byte[] note = new byte[QemuSize];
        (GeneralRegisters g, SystemRegisters s) = (vcpu.General, vcpu.System);
        BinaryPrimitives.WriteUInt32LittleEndian(note, QemuVersion);
        BinaryPrimitives.WriteUInt32LittleEndian(note.AsSpan(4), QemuSize);
        int at = 8;
        at += Write(note.AsSpan(at), [g.Rax, g.Rbx, g.Rcx, g.Rdx, g.Rsi, g.Rdi, g.Rsp, g.Rbp, g.R8, g.R9, g.R10, g.R11, g.R12, g.R13, g.R14, g.R15, g.Rip, g.Rflags]);
        SegmentRegister none = new(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        foreach (SegmentRegister segment in (SegmentRegister[])[s.Cs, s.Ds, s.Es, s.Fs, s.Gs, s.Ss, s.Ldt, s.Tr,
            none with { Base = s.Gdt.Base, Limit = s.Gdt.Limit }, none with { Base = s.Idt.Base, Limit = s.Idt.Limit }])
        {
            WriteSegment(note.AsSpan(at, SegmentSize), segment);
            at += SegmentSize;
        }
        at += Write(note.AsSpan(at), [s.Cr0, 0, s.Cr2, s.Cr3, s.Cr4]);
        Write(note.AsSpan(at), [vcpu.Msr.FirstOrDefault(msr => msr.Index == KernelGsBase)?.Value ?? 0]);
        return note;
    }

    /// <summary>Selector, limit, the upper half of the descriptor's flags as the processor has them, base.</summary>
    private static void WriteSegment(Span<byte> into, SegmentRegister s)
    {
        uint flags = (uint)(s.Type << 8 | s.S << 12 | s.Dpl << 13 | s.Present << 15 | s.Avl << 20 | s.L << 21 | s.Db << 22 | s.G << 23);
        BinaryPrimitives.WriteUInt32LittleEndian(into, s.Selector);
        BinaryPrimitives.WriteUInt32LittleEndian(into[4..], s.Limit);
        BinaryPrimitives.WriteUInt32LittleEndian(into[8..], flags);
        BinaryPrimitives.WriteUInt64LittleEndian(into[16..], s.Base);
    }

    private static int Write(Span<byte> into, ReadOnlySpan<ulong> values)
    {
        for (int i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteUInt64LittleEndian(into[(i * sizeof(ulong))..], values[i]);
        return values.Length * sizeof(ulong);
    }
}
