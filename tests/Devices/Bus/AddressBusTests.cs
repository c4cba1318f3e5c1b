using Vmm.Devices.Bus;
using Xunit;

namespace Vmm.Tests.Devices.Bus;

public class AddressBusTests
{
    private readonly AddressBus _bus = new("ports");
    private readonly RecordingDevice _first = new("first", 0x11);
    private readonly RecordingDevice _second = new("second", 0x22);

    [Fact]
    public void Access_reaches_the_device_with_the_offset_from_its_start()
    {
        _bus.TryAdd(0x100, 8, _first);
        _bus.TryAdd(0x200, 8, _second);

        Assert.Equal(0x22, _bus.In8(0x203));
        Assert.Equal(3ul, _second.LastOffset);
        _bus.Out16(0x106, 0xbeef);
        Assert.Equal(6ul, _first.LastOffset);
        Assert.Equal([0xef, 0xbe], _first.LastWrite);
    }

    [Fact]
    public void Range_found_names_device_and_start()
    {
        _bus.TryAdd(0x100, 8, _first);

        BusRange range = _bus.Find(0x105, 1)!;
        Assert.Equal("first at 0x100-0x107", range.ToString());
    }

    [Theory, Trait("Row", "46")]
    [InlineData(0x0ff)] // just below
    [InlineData(0x108)] // between
    [InlineData(0x210)] // above all
    [InlineData(0ul)]
    [InlineData(ulong.MaxValue)]
    public void Unmapped_access_reads_all_ones_and_drops_writes(ulong address)
    {
        _bus.TryAdd(0x100, 8, _first);
        _bus.TryAdd(0x200, 8, _second);

        Assert.Equal(0xffff_ffff, _bus.In32(address));
        _bus.Out32(address, 1);
        Assert.Null(_bus.Find(address, 1));
        Assert.Equal(0, _first.Reads + _first.Writes + _second.Reads + _second.Writes);
    }

    [Theory, Trait("Row", "46")]
    [InlineData(0x106)] // from the first into the second
    [InlineData(0x0fe)] // from nothing into the first
    [InlineData(0x10e)] // from the second into nothing
    public void Access_straddling_two_devices_reaches_neither(ulong address)
    {
        _bus.TryAdd(0x100, 8, _first);
        _bus.TryAdd(0x108, 8, _second);

        Assert.Equal(0xffff_ffff, _bus.In32(address));
        _bus.Out32(address, 1);
        Assert.Equal(0, _first.Reads + _first.Writes + _second.Reads + _second.Writes);
    }

    [Fact, Trait("Row", "46")]
    public void Access_wrapping_the_address_space_reaches_nobody()
    {
        Assert.NotNull(_bus.TryAdd(ulong.MaxValue - 3, 4, _first));

        Assert.Equal(0x1111_1111u, _bus.In32(ulong.MaxValue - 3));
        Assert.Equal(0xffff_ffffu, _bus.In32(ulong.MaxValue - 2));
    }

    [Theory]
    [InlineData(0x100, 8)]
    [InlineData(0x107, 1)]
    [InlineData(0x0f8, 9)]
    [InlineData(0x000, 0x1000)]
    [InlineData(0x104, ulong.MaxValue - 0x104)]
    public void Overlapping_range_is_refused(ulong start, ulong length)
    {
        _bus.TryAdd(0x100, 8, _first);

        Assert.Null(_bus.TryAdd(start, length, _second));
        Assert.Equal(1, _bus.Ranges.Length);
    }

    [Theory]
    [InlineData(0x100, 0)]
    [InlineData(1, ulong.MaxValue)] // fits exactly
    [InlineData(2, ulong.MaxValue)]
    [InlineData(ulong.MaxValue, 2)]
    public void Range_that_is_empty_or_wraps_is_refused(ulong start, ulong length)
    {
        bool fits = start == 1;
        Assert.Equal(fits, _bus.TryAdd(start, length, _first) is not null);
    }

    [Fact]
    public void Removed_range_answers_no_more_and_its_place_is_free()
    {
        BusRange range = _bus.TryAdd(0x100, 8, _first)!;

        Assert.True(_bus.Remove(range));
        Assert.False(_bus.Remove(range));
        Assert.Equal(0xff, _bus.In8(0x100));
        Assert.NotNull(_bus.TryAdd(0x104, 8, _second));
    }

    [Fact]
    public void Range_that_was_found_before_is_not_found_any_more_once_it_is_removed()
    {
        BusRange range = _bus.TryAdd(0x100, 8, _first)!;
        BusRange? last = null;
        Assert.Same(range, _bus.Find(0x100, 1, ref last));
        Assert.Same(range, _bus.Find(0x107, 1, ref last));
        _bus.Remove(range);

        Assert.Null(_bus.Find(0x100, 1, ref last));
        BusRange? next = _bus.TryAdd(0x104, 8, _second);
        Assert.Same(next, _bus.Find(0x104, 1, ref last));
        Assert.Same(next, last);
    }

    [Fact]
    public void Adjoining_ranges_are_kept_apart()
    {
        for (uint i = 0; i < 64; i++)
            Assert.NotNull(_bus.TryAdd((i * 37 % 64) * 4, 4, new RecordingDevice(answer: (byte)(i * 37 % 64))));

        for (uint i = 0; i < 64; i++)
            Assert.Equal(i, _bus.In8(i * 4 + 3));
    }

    [Fact]
    public void Bus_on_a_bus_splits_one_range_into_several()
    {
        var inner = new AddressBus("bar");
        inner.TryAdd(0x10, 4, _first);
        _bus.TryAdd(0x1000, 0x100, inner);

        Assert.Equal(0x11, _bus.In8(0x1012));
        Assert.Equal(2ul, _first.LastOffset);
        Assert.Equal(0xff, _bus.In8(0x1020));
    }

    [Fact]
    public void Lookups_allocate_nothing()
    {
        _bus.TryAdd(0x100, 8, _first);
        _bus.TryAdd(0x200, 8, _second);
        _bus.In8(0x100);

        Assert.Equal(0, Allocated.Least(() =>
        {
            for (int i = 0; i < 1000; i++)
                _bus.In8(0x100 + (ulong)(i & 1) * 0x100);
        }));
    }

    [Fact]
    public async Task Readers_see_a_whole_map_while_another_range_moves()
    {
        _bus.TryAdd(0x1000, 8, _first);
        var moving = new ConstantDevice();
        using var stop = new CancellationTokenSource();
        Task mover = Task.Run(() =>
        {
            for (ulong i = 0; !stop.IsCancellationRequested; i++)
            {
                BusRange range = _bus.TryAdd(i % 0x100 * 8, 8, moving)!;
                _bus.Remove(range);
            }
        }, TestContext.Current.CancellationToken);

        for (int i = 0; i < 100_000; i++)
        {
            BusRange range = _bus.Find(0x1004, 4)!;
            Assert.Same(_first, range.Device);
        }
        await stop.CancelAsync();
        await mover;
    }

    private sealed class ConstantDevice : IBusDevice
    {
        public string Name => "constant";
        public void Read(ulong offset, Span<byte> data) => data.Clear();
        public void Write(ulong offset, ReadOnlySpan<byte> data)
        {
        }
    }
}
