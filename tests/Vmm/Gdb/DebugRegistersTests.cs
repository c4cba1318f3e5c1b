using Vmm.Gdb.Breakpoints;
using Vmm.Kvm.Abi;
using Xunit;

namespace Vmm.Tests.Vmm.Gdb;

public unsafe class DebugRegistersTests
{
    private readonly DebugRegisters _registers = new();

    [Fact]
    public void Four_fit_and_a_fifth_is_refused_until_one_is_taken_out()
    {
        for (ulong i = 0; i < 4; i++)
            Assert.Equal(BreakpointResult.Done, _registers.Insert(BreakpointKind.Hardware, 0x1000 + i, 1));
        Assert.Equal(BreakpointResult.NoRoom, _registers.Insert(BreakpointKind.Write, 0x2000, 8));
        Assert.Equal(BreakpointResult.Done, _registers.Insert(BreakpointKind.Hardware, 0x1000, 1));
        _registers.Remove(BreakpointKind.Hardware, 0x1002, 1);
        Assert.Equal(BreakpointResult.Done, _registers.Insert(BreakpointKind.Write, 0x2000, 8));
        Assert.True(_registers.TryFind(4, out BreakpointKind kind, out ulong address));
        Assert.Equal((BreakpointKind.Write, 0x2000UL), (kind, address));
    }

    [Theory]
    [InlineData(1, 0x1001UL, 1UL, 0x602UL)]
    [InlineData(2, 0x1001UL, 1UL, 0x1_0602UL)]
    [InlineData(2, 0x1002UL, 2UL, 0x5_0602UL)]
    [InlineData(4, 0x1004UL, 4UL, 0xf_0602UL)]
    [InlineData(3, 0x1008UL, 8UL, 0xb_0602UL)]
    public void Control_register_says_what_stops_and_how_long_it_is(int kind, ulong address, ulong length, ulong control)
    {
        _registers.Insert((BreakpointKind)kind, address, length);
        kvm_guest_debug_arch loaded = default;
        _registers.Load(ref loaded);
        Assert.Equal(address, loaded.debugreg[0]);
        Assert.Equal(control, loaded.debugreg[7]);
    }

    [Fact]
    public void What_is_not_aligned_takes_several_registers_all_or_none()
    {
        Assert.Equal(BreakpointResult.Done, _registers.Insert(BreakpointKind.Write, 0x1003, 7));
        kvm_guest_debug_arch loaded = default;
        _registers.Load(ref loaded);
        Assert.Equal([0x1003UL, 0x1004UL, 0x1008UL, 0UL], [loaded.debugreg[0], loaded.debugreg[1], loaded.debugreg[2], loaded.debugreg[3]]);
        Assert.Equal(BreakpointResult.NoRoom, _registers.Insert(BreakpointKind.Write, 0x2000, 16));
        Assert.Equal(BreakpointResult.Done, _registers.Insert(BreakpointKind.Write, 0x2000, 8));
        _registers.Remove(BreakpointKind.Write, 0x1003, 7);
        Assert.Equal(BreakpointResult.Done, _registers.Insert(BreakpointKind.Access, 0x3000, 24));
    }

    [Theory]
    [InlineData(0x1000UL, 0UL)]
    [InlineData(0x1000UL, 33UL)]
    [InlineData(0x1001UL, 32UL)]
    [InlineData(ulong.MaxValue, 2UL)]
    public void Impossible_range_is_refused(ulong address, ulong length)
    {
        Assert.Equal(BreakpointResult.Malformed, _registers.Insert(BreakpointKind.Write, address, length));
        _registers.Remove(BreakpointKind.Write, address, length);
        Assert.False(_registers.Any);
    }

    [Fact]
    public void Last_byte_of_the_address_space_can_be_watched() =>
        Assert.Equal(BreakpointResult.Done, _registers.Insert(BreakpointKind.Write, ulong.MaxValue - 7, 8));

    [Fact]
    public void Stop_that_is_none_of_ours_is_told()
    {
        _registers.Insert(BreakpointKind.Hardware, 0x1000, 1);
        Assert.False(_registers.TryFind(0x4002, out _, out _));
        Assert.True(_registers.TryFind(0x4001, out _, out _));
    }
}
