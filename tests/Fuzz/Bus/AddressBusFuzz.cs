using CsCheck;
using Vmm.Devices.Bus;
using Xunit;

namespace Vmm.Tests.Fuzz.Bus;

/// <summary>The bus against the plainest model there is: an array in which each address knows its owner.</summary>
public class AddressBusFuzz
{
    private const int Space = 256;

    private static readonly Gen<(int Kind, int Start, int Length)> GenStep =
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, Space - 1], Gen.Frequency((8, Gen.Int[0, 16]), (1, Gen.Int[0, Space])));

    [Theory, Trait("Row", "46")]
    [InlineData(0ul)]
    [InlineData(ulong.MaxValue - (Space - 1))] // where sums wrap
    public void Bus_and_model_agree_about_every_address(ulong origin)
    {
        GenStep.Array[1, 40].Sample(steps => Run(origin, steps), time: FuzzBudget.Seconds);
    }

    private static void Run(ulong origin, (int Kind, int Start, int Length)[] steps)
    {
        var bus = new AddressBus("fuzz");
        var owners = new BusRange?[Space];
        BusRange? last = null;
        foreach ((int kind, int start, int length) in steps)
        {
            if (kind == 0)
                Remove(bus, owners, start);
            else
                Add(bus, owners, origin, start, length);
            Compare(bus, owners, origin, ref last);
        }
    }

    private static void Add(AddressBus bus, BusRange?[] owners, ulong origin, int start, int length)
    {
        bool fitsHere = length <= Space - start;
        // Off the model's end only the high origin is out of bounds; the low one simply is not modelled there.
        if (!fitsHere && origin == 0)
            return;
        bool expected = length > 0 && fitsHere && owners.AsSpan(start, length).IndexOfAnyExcept((BusRange?)null) < 0;
        BusRange? range = bus.TryAdd(origin + (uint)start, (uint)length, new Nothing());
        Assert.Equal(expected, range is not null);
        if (range is not null)
            owners.AsSpan(start, length).Fill(range);
    }

    private static void Remove(AddressBus bus, BusRange?[] owners, int start)
    {
        if (owners[start] is not { } range)
            return;
        Assert.True(bus.Remove(range));
        owners.AsSpan().Replace(range, null);
    }

    private static void Compare(AddressBus bus, BusRange?[] owners, ulong origin, ref BusRange? last)
    {
        foreach (int width in (ReadOnlySpan<int>)[1, 4, 8])
        {
            for (int at = 0; at < Space; at++)
            {
                bool whole = width <= Space - at && owners[at] is not null && owners.AsSpan(at, width).IndexOfAnyExcept(owners[at]) < 0;
                BusRange? expected = whole ? owners[at] : null;
                Assert.Same(expected, bus.Find(origin + (uint)at, width));
                Assert.Same(expected, bus.Find(origin + (uint)at, width, ref last));
            }
        }
    }

    private sealed class Nothing : IBusDevice
    {
        public string Name => "nothing";
        public void Read(ulong offset, Span<byte> data) => data.Clear();
        public void Write(ulong offset, ReadOnlySpan<byte> data)
        {
        }
    }
}
