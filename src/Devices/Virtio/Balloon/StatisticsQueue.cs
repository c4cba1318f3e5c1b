using Vmm.Devices.Virtio.Queue;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Devices.Virtio.Balloon;

/// <summary>
/// The queue on which the driver tells statistics (Virtio 1.2, 5.5.6.3). It is the other way round than other queues: the
/// device keeps the driver's one buffer, and gives it back when it wants fresh figures. With the device's lock held.
/// </summary>
/// <remarks>
/// <code>
/// (none) ──buffer comes: read──▶ kept ──Ask──▶ (none), the driver fills it again ──▶ …
/// </code>
/// A buffer that comes while one is kept takes its place; so no order of things leaves the queue without a way on.
/// </remarks>
/// <param name="core">The device's core.</param>
/// <param name="counters">Counts.</param>
/// <param name="clock">Tells when it is time to ask.</param>
/// <param name="interval">How often to ask by itself; zero for never.</param>
internal sealed class StatisticsQueue(VirtioDeviceCore core, BalloonCounters counters, TimeProvider clock, TimeSpan interval)
{
    /// <summary>Entries that are looked at; newer kernels tell more than there are tags here.</summary>
    private const int MostEntries = 64;

    /// <summary>The driver's buffer is in one piece; a few more are taken.</summary>
    private const int MostSegments = 16;

    private readonly DescriptorChain _chain = new(MostSegments);
    private bool _keeps;
    private bool _isPutBack;
    private ushort _kept;
    private long _asked;

    /// <summary>What was told last.</summary>
    public GuestMemoryStatistics Latest { get; private set; }

    /// <summary>How often something was told, since the driver came up.</summary>
    public long Updates { get; private set; }

    /// <summary>Asks the driver for fresh figures, unless it is at it, or never put a buffer in.</summary>
    public void Ask()
    {
        if (!_keeps)
            return;
        _keeps = false;
        core.Queue(BalloonDevice.StatisticsQueue).AddUsed(_kept, 0);
    }

    /// <summary>The driver is up: the first interval begins.</summary>
    public void Activate()
    {
        _asked = clock.GetTimestamp();
        if (interval > TimeSpan.Zero)
            core.ProcessAfter(BalloonDevice.StatisticsQueue, interval);
    }

    /// <summary>There may be a buffer, or it is time to ask.</summary>
    /// <returns>Whether there may be more.</returns>
    public bool Process()
    {
        bool hasMore = Take();
        if (interval > TimeSpan.Zero && clock.GetElapsedTime(_asked) >= interval)
        {
            Ask();
            Activate();
        }
        return hasMore;
    }

    /// <summary>Puts the kept buffer back into its queue, as if it had not been taken; it is kept again later, and not read twice.</summary>
    public void Quiesce()
    {
        if (!_keeps)
            return;
        (_keeps, _isPutBack) = (false, true);
        core.Queue(BalloonDevice.StatisticsQueue).PutBack(_kept);
    }

    /// <summary>Back to power-on.</summary>
    public void Reset()
    {
        Latest = default;
        Updates = 0;
        _keeps = _isPutBack = false;
    }

    private bool Take()
    {
        Virtqueue queue = core.Queue(BalloonDevice.StatisticsQueue);
        for (uint budget = queue.Size; budget > 0; budget--)
        {
            ChainStatus status = queue.TryPop(_chain);
            if (status == ChainStatus.Empty)
            {
                if (!queue.EnableNotifications())
                    return false;
                continue;
            }
            if (status != ChainStatus.Ok)
            {
                core.Fail(queue, _chain, status);
                return false;
            }
            Ask();
            if (!_isPutBack || _chain.Head != _kept)
                Read();
            (_keeps, _isPutBack, _kept) = (true, false, _chain.Head);
        }
        return true;
    }

    private void Read()
    {
        Span<byte> entries = stackalloc byte[MostEntries * BalloonDevice.StatisticSize];
        if (_chain.ReadableLength % BalloonDevice.StatisticSize != 0)
            counters.NoteOdd();
        entries = entries[.._chain.Read(0, entries)];
        Latest = GuestMemoryStatistics.Read(entries);
        Updates++;
    }
}
