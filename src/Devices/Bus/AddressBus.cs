using System.Runtime.CompilerServices;

namespace Vmm.Devices.Bus;

/// <summary>
/// Which device answers which address: one bus for ports, one for memory. Reading the map takes no lock and allocates
/// nothing, so that an exit finds its device in a few nanoseconds; changing it copies the map, which happens when a
/// machine is built and when a guest moves a PCI BAR.
/// </summary>
/// <remarks>
/// An access that no device answers in full (nobody is there, or it straddles the end of a device) reads as all-ones and
/// is dropped on write, as on a PC bus. A bus is itself a device, so that a BAR can be made of several register blocks.
/// </remarks>
public sealed class AddressBus(string name) : IBusDevice
{
    private readonly Lock _changing = new();
    private volatile Map _map = new([], []);

    /// <inheritdoc/>
    public string Name { get; } = name;

    /// <summary>What is on the bus, in ascending order of address.</summary>
    public ReadOnlySpan<BusRange> Ranges => _map.Ranges;

    /// <summary>Puts a device on the bus.</summary>
    /// <returns>Its range; null when the range is empty, passes 2⁶⁴ or overlaps one that is already there.</returns>
    public BusRange? TryAdd(ulong start, ulong length, IBusDevice device)
    {
        if (length == 0 || length - 1 > ulong.MaxValue - start)
            return null;
        var range = new BusRange(start, length, device);
        lock (_changing)
        {
            BusRange[] old = _map.Ranges;
            int index = 0;
            while (index < old.Length && old[index].Start < start)
                index++;
            if (index > 0 && old[index - 1].Last >= start)
                return null;
            if (index < old.Length && old[index].Start <= range.Last)
                return null;
            Publish([.. old[..index], range, .. old[index..]]);
        }
        return range;
    }

    /// <summary>Takes a range off the bus. An access already on its way may still reach the device.</summary>
    /// <returns>False when the range is not on the bus.</returns>
    public bool Remove(BusRange range)
    {
        lock (_changing)
        {
            BusRange[] old = _map.Ranges;
            int index = Array.IndexOf(old, range);
            if (index < 0)
                return false;
            range.Take();
            Publish([.. old[..index], .. old[(index + 1)..]]);
        }
        return true;
    }

    /// <summary>Finds who answers all of <paramref name="length"/> bytes from <paramref name="address"/>, for those who count or trace as well as access.</summary>
    /// <returns>Null when nobody does.</returns>
    public BusRange? Find(ulong address, int length)
    {
        Map map = _map;
        int low = 0;
        int high = map.Starts.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (map.Starts[middle] <= address)
                low = middle + 1;
            else
                high = middle;
        }
        if (low == 0)
            return null;
        BusRange range = map.Ranges[low - 1];
        return range.Contains(address, length) ? range : null;
    }

    /// <summary>The same for one whose accesses mostly go where the one before went.</summary>
    /// <param name="address">The first byte's.</param>
    /// <param name="length">How many bytes.</param>
    /// <param name="last">Where that was, of this bus; null for nowhere. The caller's own, which keeps it from call to call.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public BusRange? Find(ulong address, int length, ref BusRange? last)
    {
        BusRange? range = last;
        if (range is not null && range.Contains(address, length) && !range.IsTaken)
            return range;
        range = Find(address, length);
        if (range is not null)
            last = range;
        return range;
    }

    /// <inheritdoc/>
    public void Read(ulong offset, Span<byte> data) => TryRead(offset, data);

    /// <inheritdoc/>
    public void Write(ulong offset, ReadOnlySpan<byte> data) => TryWrite(offset, data);

    /// <summary>Reads; all-ones when no device answers.</summary>
    /// <returns>Whether a device answered.</returns>
    public bool TryRead(ulong address, Span<byte> data)
    {
        if (Find(address, data.Length) is { } range)
        {
            range.Read(address - range.Start, data);
            return true;
        }
        data.Fill(0xff);
        return false;
    }

    /// <summary>Writes; dropped when no device answers.</summary>
    /// <returns>Whether a device answered.</returns>
    public bool TryWrite(ulong address, ReadOnlySpan<byte> data)
    {
        if (Find(address, data.Length) is not { } range)
            return false;
        range.Write(address - range.Start, data);
        return true;
    }

    private void Publish(BusRange[] ranges) => _map = new Map(Array.ConvertAll(ranges, static r => r.Start), ranges);

    /// <summary>One state of the bus. The starts lie side by side for the search.</summary>
    private sealed record Map(ulong[] Starts, BusRange[] Ranges);
}
