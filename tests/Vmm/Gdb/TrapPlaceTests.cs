using Vmm.Gdb.Breakpoints;
using Vmm.Guest.Cpu;
using Vmm.Guest.Cpu.Paging;
using Vmm.Kvm.Abi;
using Vmm.Kvm.State;
using Xunit;

namespace Vmm.Tests.Vmm.Gdb;

public class TrapPlaceTests
{
    private const ulong Linear = 0xffffffff81000100;

    // endbr64; push rbp; call (cut off)
    private static readonly byte[] s_function = [0xf3, 0x0f, 0x1e, 0xfa, 0x55, 0xe8];

    [Fact]
    public void Port_read_stands_over_a_kernel_s_instruction_that_is_as_long() =>
        Assert.True(Fits(BreakpointTrap.PortRead, Kernel(Linear), s_function));

    [Theory]
    [InlineData(4, "an instruction of one byte: the next begins within the trap")]
    [InlineData(5, "half of an instruction")]
    [InlineData(6, "nothing at all")]
    public void Port_read_stands_over_nothing_shorter(int from, string because)
    {
        Assert.False(Fits(BreakpointTrap.PortRead, Kernel(Linear), s_function[from..]), because);
        Assert.True(Fits(BreakpointTrap.Int3, Kernel(Linear), s_function[from..]));
    }

    [Theory]
    [InlineData(3, 0, "a program that runs")]
    [InlineData(0, ControlRegisters.Cr4SupervisorExecutionPrevention, "a program, seen from its kernel")]
    public void Port_read_stands_in_no_program_for_which_it_is_a_fault(byte level, ulong cr4, string because)
    {
        Assert.False(Fits(BreakpointTrap.PortRead, Program(), s_function, level, cr4), because);
        Assert.True(Fits(BreakpointTrap.Int3, Program(), s_function, level, cr4));
    }

    [Fact]
    public void Nothing_stands_in_data()
    {
        PageWalkResult data = Kernel(Linear) with { Steps = [new(PageLevel.PT, 1, 0x5000, PageEntry.Present | PageEntry.NoExecute)] };
        Assert.False(Fits(BreakpointTrap.PortRead, data, s_function));
        Assert.False(Fits(BreakpointTrap.Int3, data, s_function));
    }

    [Fact]
    public void Port_read_stands_in_a_guest_that_protects_nothing() => Assert.True(Fits(BreakpointTrap.PortRead, Program(), s_function));

    [Fact]
    public void Port_read_stands_anywhere_before_there_are_page_tables() =>
        Assert.True(Fits(BreakpointTrap.PortRead, new() { Linear = 0x100000, Mode = PagingMode.None, Physical = 0x100000 }, [0xb0, 1]));

    [Fact]
    public void Port_read_stands_within_one_page() =>
        Assert.False(Fits(BreakpointTrap.PortRead, Kernel(0xffffffff81000fff), s_function));

    private static bool Fits(BreakpointTrap trap, PageWalkResult page, byte[] code, byte level = 0, ulong cr4 = 0)
    {
        kvm_sregs special = new() { cr0 = ControlRegisters.Cr0ProtectionEnable, cr4 = cr4, efer = ControlRegisters.EferLongModeActive };
        (special.cs.l, special.ss.dpl) = (1, level);
        return TrapPlace.Fits(trap, VcpuSaver.General(new kvm_regs()), VcpuSaver.System(special), page, code);
    }

    private static PageWalkResult Program() => Kernel(0x401000) with { Steps = [new(PageLevel.PT, 1, 0x5000, PageEntry.Present | PageEntry.User)] };

    private static PageWalkResult Kernel(ulong linear) => new()
    {
        Linear = linear,
        Mode = PagingMode.Level4,
        Steps = [new(PageLevel.PT, 1, 0x5000, PageEntry.Present)],
        Physical = 0x1000,
        PageSize = 4096,
    };
}
