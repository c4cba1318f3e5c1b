using Vmm.Devices.Backends;
using Vmm.Devices.Virtio.Queue;

namespace Vmm.Devices.Virtio.Balloon;

/// <summary>
/// Takes reports of free pages (Virtio 1.2, 5.5.6.7). The buffers are the free memory itself; the driver keeps its hands
/// off it until they come back. On the event thread, without the device's lock.
/// </summary>
/// <param name="releaser">Where pages go.</param>
/// <param name="counters">Counts.</param>
internal sealed class PageReports(IMemoryReleaser releaser, BalloonCounters counters)
{
    /// <summary>Gives the memory back.</summary>
    /// <param name="chain">The report.</param>
    /// <param name="poisonValue">What the driver expects to find in the pages. The host only has zeros: with any other value they stay.</param>
    public void Take(DescriptorChain chain, uint poisonValue)
    {
        foreach (ref readonly BufferSegment segment in chain.Writable)
        {
            if (poisonValue != 0)
                counters.NoteKept(segment.Length);
            else
                GiveBack(segment);
        }
    }

    private void GiveBack(in BufferSegment segment)
    {
        ulong unit = releaser.Granularity;
        ulong start = (ulong)segment.Host;
        // From the first whole unit to the last.
        ulong skipped = Math.Min((0 - start) & (unit - 1), segment.Length);
        ulong whole = (segment.Length - skipped) & ~(unit - 1);
        if (whole > 0 && releaser.Release((nint)(start + skipped), whole))
            counters.NoteReported(whole);
        else
            whole = 0;
        counters.NoteKept(segment.Length - whole);
    }
}
