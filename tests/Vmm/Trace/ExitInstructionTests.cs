using Vmm.Kvm.Abi;
using Vmm.Trace.Format;
using Vmm.Trace.Recording;
using Xunit;

namespace Vmm.Tests.Vmm.Trace;

/// <summary>The instruction that made an exit, where KVM left the pointer on it and where it had moved past it.</summary>
public class ExitInstructionTests
{
    private const ulong Address = 0xfebd_1014;

    [Fact]
    public void Port_access_is_the_instruction_at_the_pointer()
    {
        ProcessorContext context = Long(rdx: 0x3f8);
        // mov eax, 1 | out dx, al
        Assert.Equal((0, 1), Find([0xb8, 1, 0, 0, 0], [0xee, 0xc3], context, AccessKind.PortWrite, 0x3f8));
        // in al, 0x71
        Assert.Equal((0, 2), Find([0x90], [0xe4, 0x71], context, AccessKind.PortRead, 0x71));
    }

    [Fact]
    public void Port_access_may_lie_before_the_pointer() =>
        Assert.Equal((-2, 2), Find([0x90, 0xe6, 0x80], [0xc3], Long(), AccessKind.PortWrite, 0x80));

    [Fact]
    public void Another_port_is_another_instruction() => Assert.Null(Find([0x90, 0x90], [0xe6, 0x81], Long(), AccessKind.PortWrite, 0x80));

    [Fact]
    public void Emulated_write_is_the_instruction_before_the_pointer()
    {
        ProcessorContext context = Long(rax: Address - 0x14);
        // mov dword [rax+0x14], ebx: 89 58 14. The byte before it would make it a 64-bit one if it were a prefix.
        Assert.Equal((-3, 3), Find([0x90, 0x90, 0x89, 0x58, 0x14], [0xc3], context, AccessKind.MemoryWrite, Address));
    }

    [Fact]
    public void Emulated_read_is_the_instruction_at_the_pointer() =>
        Assert.Equal((0, 3), Find([0x90], [0x8b, 0x58, 0x14, 0xc3], Long(rax: Address - 0x14), AccessKind.MemoryRead, Address));

    [Fact]
    public void Prefix_belongs_to_the_instruction()
    {
        // mov [r8+0x14], r11d: 45 89 58 14.
        ProcessorContext context = Long();
        context.Registers.r8 = Address - 0x14;
        Assert.Equal((-4, 4), Find([0x90, 0x45, 0x89, 0x58, 0x14], [0xc3], context, AccessKind.MemoryWrite, Address));
    }

    [Fact]
    public void Byte_before_that_could_belong_to_an_instruction_of_another_size_does_not()
    {
        // mov ax, 0xd000 | mov [0], ax: from the d0 on it could be shl byte [bp+di], 1.
        ProcessorContext context = new();
        context.Registers.rax = 0xd000;
        Assert.Equal((-3, 3), Find([0xb8, 0x00, 0xd0, 0xa3, 0x00, 0x00], [0xf4], context, AccessKind.MemoryWrite, 0xd000_0000, [0x00, 0xd0]));
    }

    [Fact]
    public void Byte_before_that_could_be_a_prefix_is_none_when_another_value_was_written()
    {
        // mov dword [rax+0x14], ebx behind a 0x44, which would make it r11d.
        ProcessorContext context = Long(rax: Address - 0x14);
        context.Registers.rbx = 7;
        context.Registers.r11 = 8;
        Assert.Equal((-3, 3), Find([0x44, 0x89, 0x58, 0x14], [0xc3], context, AccessKind.MemoryWrite, Address, [7, 0, 0, 0]));
        Assert.Equal((-4, 4), Find([0x44, 0x89, 0x58, 0x14], [0xc3], context, AccessKind.MemoryWrite, Address, [8, 0, 0, 0]));
        // mov dword [rax+0x14], 5
        Assert.Equal((-7, 7), Find([0xc7, 0x40, 0x14, 5, 0, 0, 0], [0xc3], context, AccessKind.MemoryWrite, Address, [5, 0, 0, 0]));
    }

    [Fact]
    public void Segment_s_base_counts()
    {
        // mov gs:[0x14], ebx: 65 89 1c 25 14 00 00 00.
        ProcessorContext context = Long();
        context.Special.gs.@base = Address - 0x14;
        Assert.Equal((-8, 8), Find([0x65, 0x89, 0x1c, 0x25, 0x14, 0, 0, 0], [0xc3], context, AccessKind.MemoryWrite, Address));
    }

    [Fact]
    public void What_touches_other_memory_is_not_taken_for_it() =>
        Assert.Null(Find([0x89, 0x58, 0x14], [0x8b, 0x58, 0x14], Long(rax: 0x5004), AccessKind.MemoryWrite, Address));

    [Fact]
    public void Real_mode_is_read_as_16_bits()
    {
        ProcessorContext context = new();
        context.Registers.rdx = 0x3f8;
        Assert.Equal((16, (0, 1)), (context.Bits, Find([0x90], [0xee], context, AccessKind.PortWrite, 0x3f8)));
    }

    [Fact]
    public void Nothing_in_RAM_is_nothing_found() => Assert.Null(Find([], [], Long(), AccessKind.PortWrite, 0x80));

    private static ProcessorContext Long(ulong rax = 0, ulong rdx = 0)
    {
        ProcessorContext context = new();
        context.Registers.rip = 0xffff_ffff_8123_4560;
        context.Registers.rax = rax;
        context.Registers.rdx = rdx;
        context.Special.cs.l = 1;
        return context;
    }

    private static (int Start, int Length)? Find(byte[] before, byte[] after, ProcessorContext context, AccessKind kind, ulong address, byte[]? data = null) =>
        ExitInstruction.Find(before, after, context, new ExitAccess { Kind = kind, Address = address, Size = data?.Length ?? 4, Count = 1, Data = data ?? new byte[4] }, kind is AccessKind.MemoryRead or AccessKind.MemoryWrite ? KvmExitReason.KVM_EXIT_MMIO : KvmExitReason.KVM_EXIT_IO);
}
