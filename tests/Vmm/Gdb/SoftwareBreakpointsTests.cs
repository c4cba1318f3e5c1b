using Vmm.Gdb.Breakpoints;
using Vmm.Guest.Memory;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Vmm.Gdb;

public sealed class SoftwareBreakpointsTests : IDisposable
{
    private const byte Original = 0x55;
    private const byte Int3 = 0xcc;
    private const ulong Linear = 0xffffffff81000100;

    private static readonly GuestAddress s_physical = new(0x1100);

    private readonly TestRam _ram = new((0x1000UL, 0x1000UL));
    private readonly SoftwareBreakpoints _breakpoints;

    public SoftwareBreakpointsTests()
    {
        _breakpoints = new SoftwareBreakpoints(_ram.Memory, BreakpointTrap.Int3);
        Byte = Original;
    }

    private byte Byte
    {
        get => _ram.Bytes(s_physical.Value, 1)[0];
        set => _ram.Bytes(s_physical.Value, 1)[0] = value;
    }

    public void Dispose() => _ram.Dispose();

    [Fact]
    public void Int3_is_put_in_hidden_and_taken_out()
    {
        Assert.Equal(BreakpointResult.Done, _breakpoints.Insert(Linear, s_physical));
        Assert.Equal(Int3, Byte);
        Assert.True(_breakpoints.IsAt(s_physical));
        byte[] seen = [.. _ram.Bytes(0x10ff, 3)];
        _breakpoints.Hide(new(0x10ff), seen);
        Assert.Equal([0, Original, 0], seen);
        _breakpoints.Remove(Linear);
        Assert.Equal(Original, Byte);
        Assert.False(_breakpoints.Any);
    }

    [Fact]
    public void Page_that_is_mapped_twice_has_one_int3_until_the_last_is_taken_out()
    {
        _breakpoints.Insert(Linear, s_physical);
        _breakpoints.Insert(0x1100, s_physical);
        _breakpoints.Insert(0x1100, s_physical);
        _breakpoints.Remove(Linear);
        Assert.Equal(Int3, Byte);
        _breakpoints.Remove(0x1100);
        Assert.Equal(Original, Byte);
        _breakpoints.Remove(0x1100);
    }

    [Fact]
    public void What_the_guest_wrote_over_a_breakpoint_stays()
    {
        _breakpoints.Insert(Linear, s_physical);
        Byte = 0x99;
        byte[] seen = [Byte];
        _breakpoints.Hide(s_physical, seen);
        Assert.Equal(0x99, seen[0]);
        _breakpoints.Clear();
        Assert.Equal(0x99, Byte);
    }

    [Fact]
    public void What_the_debugger_writes_goes_below_the_breakpoint()
    {
        _breakpoints.Insert(Linear, s_physical);
        byte[] written = [1, 2, 3];
        _breakpoints.Keep(new(0x10ff), written);
        Assert.Equal([1, Int3, 3], written);
        _breakpoints.Clear();
        Assert.Equal(2, Byte);
    }

    [Fact]
    public void Trap_of_two_bytes_is_hidden_kept_and_taken_out_byte_by_byte()
    {
        SoftwareBreakpoints two = new(_ram.Memory, BreakpointTrap.PortRead);
        byte[] trap = BreakpointTrap.PortRead.Code;
        Span<byte> code = _ram.Bytes(s_physical.Value - 1, 4);
        ((ReadOnlySpan<byte>)[1, 2, 3, 4]).CopyTo(code);
        Assert.Equal(BreakpointResult.Done, two.Insert(Linear, s_physical));
        Assert.Equal([1, trap[0], trap[1], 4], _ram.Bytes(s_physical.Value - 1, 4).ToArray());
        // A read may begin or end within it.
        byte[] first = [1, trap[0]];
        two.Hide(new(s_physical.Value - 1), first);
        Assert.Equal([1, 2], first);
        byte[] second = [trap[1], 4];
        two.Hide(new(s_physical.Value + 1), second);
        Assert.Equal([3, 4], second);
        // Neither of the two may lie within another.
        Assert.Equal(BreakpointResult.Refused, two.Insert(Linear + 1, new(s_physical.Value + 1)));
        Assert.Equal(BreakpointResult.Refused, two.Insert(Linear - 1, new(s_physical.Value - 1)));
        Assert.Equal(BreakpointResult.Done, two.Insert(Linear + 2, new(s_physical.Value + 2)));
        byte[] written = [9, 8];
        two.Keep(new(s_physical.Value + 1), written);
        Assert.Equal([trap[1], trap[0]], written);
        two.Clear();
        Assert.Equal([1, 2, 9, 8], _ram.Bytes(s_physical.Value - 1, 4).ToArray());
    }

    [Fact]
    public void Address_that_is_no_ram_is_refused()
    {
        Assert.Equal(BreakpointResult.BadAddress, _breakpoints.Insert(0x5000, new(0x5000)));
        Assert.False(_breakpoints.Any);
    }

    [Fact]
    public void They_do_not_become_many_without_end()
    {
        for (ulong i = 0; i < SoftwareBreakpoints.Most; i++)
            Assert.Equal(BreakpointResult.Done, _breakpoints.Insert(Linear + i, s_physical));
        Assert.Equal(BreakpointResult.NoRoom, _breakpoints.Insert(Linear - 1, s_physical));
        _breakpoints.Clear();
        Assert.Equal(Original, Byte);
    }

    [Fact]
    public void Pages_that_are_changed_are_marked()
    {
        DirtyBitmap dirty = new(_ram.Memory.Size);
        _ram.Memory.StartRecording(dirty);
        _breakpoints.Insert(Linear, s_physical);
        Assert.True(dirty.IsMarked(0));
    }
}
