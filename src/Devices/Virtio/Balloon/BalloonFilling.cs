using System.Runtime.InteropServices;
using Vmm.Devices.Backends;
using Vmm.Devices.Virtio.Queue;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Devices.Virtio.Balloon;

/// <summary>
/// Takes buffers of page numbers: pages that go into the balloon, and pages that come out. Page numbers are copied in
/// batches and sorted, so that pages which lie together go back to the host together, however the driver named them.
/// </summary>
/// <remarks>
/// On the event thread, without the device's lock. Whatever the numbers are, the work for one buffer is bounded: no more
/// of them are looked at than there are pages of RAM.
/// </remarks>
/// <param name="pages">What is in the balloon.</param>
/// <param name="releaser">Where pages go.</param>
/// <param name="counters">Counts.</param>
internal sealed class BalloonFilling(BalloonPages pages, IMemoryReleaser releaser, BalloonCounters counters)
{
    /// <summary>Page numbers at a time; Linux puts 256 into a buffer.</summary>
    private const int BatchSize = 1024;

    private readonly uint[] _batch = new uint[BatchSize];

    /// <summary>The driver gives pages up.</summary>
    public void Inflate(DescriptorChain chain)
    {
        ulong offset = 0;
        while (TakeBatch(chain, ref offset) is { IsEmpty: false } batch)
        {
            batch.Sort();
            Inflate(batch);
        }
    }

    /// <summary>The driver uses pages again; the host provides them when they are touched, so there is nothing to do but to note it.</summary>
    public void Deflate(DescriptorChain chain)
    {
        ulong offset = 0;
        while (TakeBatch(chain, ref offset) is { IsEmpty: false } batch)
        {
            long before = pages.Count;
            foreach (uint pfn in batch)
            {
                if (!pages.TryFind(pfn, out _, out long page))
                    counters.NoteOutside();
                else if (!pages.TryRemove(page))
                    counters.NoteRepeated();
            }
            counters.NoteDeflated(before - pages.Count);
        }
    }

    /// <summary>Copies the next page numbers out; empty at the end.</summary>
    private Span<uint> TakeBatch(DescriptorChain chain, ref ulong offset)
    {
        ulong most = (ulong)pages.Total * BalloonDevice.PfnSize;
        ulong length = Math.Min(chain.ReadableLength / BalloonDevice.PfnSize * BalloonDevice.PfnSize, most);
        if (offset == 0 && length != chain.ReadableLength)
            counters.NoteOdd();
        int bytes = (int)Math.Min(length - offset, BatchSize * BalloonDevice.PfnSize);
        Span<uint> batch = _batch.AsSpan(0, bytes / BalloonDevice.PfnSize);
        chain.Read(offset, MemoryMarshal.AsBytes(batch));
        offset += (ulong)bytes;
        return batch;
    }

    private void Inflate(Span<uint> sorted)
    {
        long before = pages.Count;
        PageRun run = default;
        foreach (uint pfn in sorted)
        {
            if (!pages.TryFind(pfn, out int region, out long page))
            {
                counters.NoteOutside();
                continue;
            }
            if (!run.IsContinuedBy(region, page))
            {
                // Before the page is added: it may complete the same huge page, which goes back once.
                GiveBack(run);
                run = new PageRun(region, page, 0);
            }
            if (pages.TryAdd(page))
                run = run with { Count = run.Count + 1 };
            else
                counters.NoteRepeated();
        }
        GiveBack(run);
        counters.NoteInflated(pages.Count - before);
    }

    /// <summary>Where RAM is made of huge pages one goes back when the last of its small pages has come.</summary>
    private void GiveBack(PageRun run)
    {
        long unit = (long)(releaser.Granularity / BalloonDevice.PageSize);
        while (run.Count > 0)
        {
            PageRun whole = run;
            if (unit > 1)
                whole = pages.TakeWholeUnits(ref run, unit);
            else
                run = default;
            if (whole.Count == 0)
                continue;
            ulong bytes = (ulong)whole.Count * BalloonDevice.PageSize;
            if (releaser.Release(pages.HostOf(whole.Region, whole.First), bytes))
                counters.NoteReleased(bytes);
            else
                counters.NoteKept(bytes);
        }
    }
}
