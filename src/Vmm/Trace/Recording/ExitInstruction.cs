using Iced.Intel;
using Vmm.Kvm.Abi;
using Vmm.Trace.Format;

namespace Vmm.Trace.Recording;

/// <summary>
/// Finds the instruction that made an exit. KVM leaves the instruction pointer on it while it waits for an answer, but has
/// moved past it already when it emulated a write. So it is the one at the pointer or the one that ends there, and which
/// is told by what it does: the port, or the memory that its operands name by the registers.
/// </summary>
internal static class ExitInstruction
{
    private const ulong PageMask = 0xfff;

    /// <summary>Finds it.</summary>
    /// <param name="before">The bytes that end at the instruction pointer.</param>
    /// <param name="after">The bytes from there on.</param>
    /// <param name="context">Registers.</param>
    /// <param name="access">What it wanted.</param>
    /// <param name="reason">Why the guest was left.</param>
    /// <returns>Where it begins, from the instruction pointer (0 or negative), and its length; null when it is neither.</returns>
    public static (int Start, int Length)? Find(ReadOnlySpan<byte> before, ReadOnlySpan<byte> after, ProcessorContext context, in ExitAccess access, KvmExitReason reason)
    {
        byte[] next = after.ToArray();
        byte[] last = before.ToArray();
        // An emulated write: the pointer has moved.
        if (access.Kind == AccessKind.MemoryWrite && EndsHere(last, context, access, reason) is { } moved)
            return moved;
        if (Decode(next, 0, context, 0) is { } here && Does(here, context, access, reason))
            return (0, here.Length);
        return access.Kind == AccessKind.MemoryWrite ? null : EndsHere(last, context, access, reason);
    }

    /// <summary>The longest instruction that ends at the pointer and does what was done.</summary>
    private static (int Start, int Length)? EndsHere(byte[] last, ProcessorContext context, in ExitAccess access, KvmExitReason reason)
    {
        for (int length = last.Length; length > 0; length--)
        {
            if (Decode(last, last.Length - length, context, -length) is { } one && one.Length == length && Does(one, context, access, reason))
                return (-length, length);
        }
        return null;
    }

    private static Instruction? Decode(byte[] code, int start, ProcessorContext context, int fromPointer)
    {
        if (start >= code.Length)
            return null;
        Decoder decoder = Decoder.Create(context.Bits, new ByteArrayCodeReader(code, start, code.Length - start), context.Registers.rip + (ulong)(long)fromPointer);
        decoder.Decode(out Instruction one);
        return one.IsInvalid ? null : one;
    }

    private static bool Does(in Instruction one, ProcessorContext context, in ExitAccess access, KvmExitReason reason) => access.Kind switch
    {
        AccessKind.PortRead => one.Mnemonic is Mnemonic.In or Mnemonic.Insb or Mnemonic.Insw or Mnemonic.Insd && PortOf(one, context) == access.Address,
        AccessKind.PortWrite => one.Mnemonic is Mnemonic.Out or Mnemonic.Outsb or Mnemonic.Outsw or Mnemonic.Outsd && PortOf(one, context) == access.Address,
        AccessKind.MsrRead => one.Mnemonic == Mnemonic.Rdmsr,
        AccessKind.MsrWrite => one.Mnemonic == Mnemonic.Wrmsr,
        AccessKind.MemoryRead or AccessKind.MemoryWrite => Touches(one, context, access),
        _ => reason switch
        {
            KvmExitReason.KVM_EXIT_HLT => one.Mnemonic == Mnemonic.Hlt,
            KvmExitReason.KVM_EXIT_HYPERCALL => one.Mnemonic is Mnemonic.Vmcall or Mnemonic.Vmmcall,
            // Nothing the instruction did: the pointer is where it stood.
            _ => true,
        },
    };

    private static ulong PortOf(in Instruction one, ProcessorContext context)
    {
        for (int operand = 0; operand < one.OpCount; operand++)
        {
            if (one.GetOpKind(operand) == OpKind.Immediate8)
                return one.Immediate8;
        }
        return context.Registers.rdx & ushort.MaxValue;
    }

    private static bool Touches(in Instruction one, ProcessorContext context, in ExitAccess access)
    {
        // Within a page nothing is translated. A repeated one may have moved its registers: it is known by its kind.
        if (one.IsStringInstruction)
            return true;
        ulong offset = access.Address & PageMask;
        for (int operand = 0; operand < one.OpCount; operand++)
        {
            if (one.GetOpKind(operand) != OpKind.Memory)
                continue;
            ulong at = one.GetVirtualAddress(operand, 0, (register, _, _) => Value(context, register)) & PageMask;
            ulong size = Math.Max(1, (ulong)one.MemorySize.GetSize());
            // KVM takes apart what is wider than eight bytes, or crosses a page.
            bool isWhole = size <= sizeof(ulong) && at + size <= PageMask + 1;
            if (isWhole ? offset == at && (ulong)access.Size == size : offset >= at && offset < at + size)
                return access.Kind != AccessKind.MemoryWrite || Stores(one, operand, context, access);
        }
        return false;
    }

    /// <summary>Whether what a MOV stores is what was written; true for others. Bytes of the instruction before may look like a prefix, which names another register.</summary>
    private static bool Stores(in Instruction one, int memory, ProcessorContext context, in ExitAccess access)
    {
        if (one.Mnemonic != Mnemonic.Mov || memory != 0 || access.Data.Length > sizeof(ulong))
            return true;
        ulong mask = access.Data.Length == sizeof(ulong) ? ulong.MaxValue : (1UL << (access.Data.Length * 8)) - 1;
        ulong written = 0;
        for (int i = access.Data.Length - 1; i >= 0; i--)
            written = written << 8 | access.Data[i];
        if (one.GetOpKind(1) != OpKind.Register)
            return (one.GetImmediate(1) & mask) == written;
        return !one.GetOpRegister(1).IsGPR() || IsHighByte(one.GetOpRegister(1)) || (Value(context, one.GetOpRegister(1)) & mask) == written;
    }

    /// <summary>AH and its like, which lie in the second byte of their registers.</summary>
    private static bool IsHighByte(Register register) => register is Register.AH or Register.BH or Register.CH or Register.DH;

    private static ulong Value(ProcessorContext context, Register register)
    {
        ref kvm_sregs s = ref context.Special;
        switch (register)
        {
            case Register.CS: return s.cs.@base;
            case Register.DS: return s.ds.@base;
            case Register.ES: return s.es.@base;
            case Register.FS: return s.fs.@base;
            case Register.GS: return s.gs.@base;
            case Register.SS: return s.ss.@base;
            default:
                break;
        }
        ref kvm_regs r = ref context.Registers;
        ulong whole = register.GetFullRegister() switch
        {
            Register.RAX => r.rax,
            Register.RBX => r.rbx,
            Register.RCX => r.rcx,
            Register.RDX => r.rdx,
            Register.RSI => r.rsi,
            Register.RDI => r.rdi,
            Register.RSP => r.rsp,
            Register.RBP => r.rbp,
            Register.R8 => r.r8,
            Register.R9 => r.r9,
            Register.R10 => r.r10,
            Register.R11 => r.r11,
            Register.R12 => r.r12,
            Register.R13 => r.r13,
            Register.R14 => r.r14,
            Register.R15 => r.r15,
            _ => 0,
        };
        return register.GetSize() switch { 8 => whole, 4 => (uint)whole, 2 => (ushort)whole, _ => (byte)whole };
    }
}
