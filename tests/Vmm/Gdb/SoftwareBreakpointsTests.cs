using Vmm.Gdb.Breakpoints;
using Vmm.Guest.Memory;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Vmm.Gdb;

public sealed class SoftwareBreakpointsTests : IDisposable
{
    private const byte Original = 0x55;
    private const ulong Linear = 0xffffffff81000100;

    private static readonly GuestAddress s_physical = new(0x1100);

    private readonly TestRam _ram = new((0x1000UL, 0x1000UL));
    private readonly SoftwareBreakpoints _breakpoints;

    public SoftwareBreakpointsTests()
    {
        _breakpoints = new SoftwareBreakpoints(_ram.Memory);
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
        Assert.Equal(SoftwareBreakpoints.Int3, Byte);
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
        Assert.Equal(SoftwareBreakpoints.Int3, Byte);
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
        Assert.Equal([1, SoftwareBreakpoints.Int3, 3], written);
        _breakpoints.Clear();
        Assert.Equal(2, Byte);
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
