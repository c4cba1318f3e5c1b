using Vmm.Devices.Backends;
using Vmm.Devices.Virtio.Queue;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Devices.Virtio.Balloon;

/// <summary>
/// The memory balloon. Virtio 1.2, 5.5: the host names a size, the driver puts that much of its memory into the balloon,
/// and the host has it back. Beside that the driver tells statistics and reports memory that it has freed.
/// </summary>
/// <remarks>
/// <b>Features.</b> STATS_VQ always; DEFLATE_ON_OOM and REPORTING as chosen; PAGE_POISON with REPORTING, for a driver that
/// poisons free pages would otherwise do without reporting. MUST_TELL_HOST only where RAM is
/// made of huge pages; else a page that the guest takes back is provided when it is touched, told or not. FREE_PAGE_HINT, which serves migration, is left out.
/// <para>
/// <b>Queues.</b> The specification numbers them whatever was negotiated; Linux counts only those that it uses. Both
/// work: of the queues from 2 on, the first is for statistics if that was negotiated, and every other is for reports.
/// </para>
/// <para>
/// <b>Threads.</b> Giving memory back takes milliseconds and is done without the lock, on an event thread that should be
/// the balloon's own. A vCPU never waits for it, unless its driver resets the device meanwhile.
/// </para>
/// </remarks>
public sealed partial class VirtioBalloon : IVirtioDevice
{
    private const ushort QueueSize = 128;

    private static readonly ushort[] AllSizes = [QueueSize, QueueSize, QueueSize, QueueSize, QueueSize];

    private readonly BalloonConfig _config = new();
    private readonly DescriptorChain _chain = new(QueueSize);
    private readonly IMemoryReleaser _releaser;
    private readonly TimeProvider _clock;
    private readonly BalloonOptions _options;
    private readonly PageReports _reports;
    private VirtioDeviceCore _core = null!;
    private BalloonPages _pages = null!;
    private BalloonFilling _filling = null!;
    private StatisticsQueue _statistics = null!;

    /// <summary>Makes a balloon.</summary>
    /// <param name="name">As in traces, such as <c>balloon0</c>.</param>
    /// <param name="releaser">Where memory goes that the guest gives up.</param>
    /// <param name="clock">Tells when it is time for statistics.</param>
    /// <param name="options">What it offers.</param>
    public VirtioBalloon(string name, IMemoryReleaser releaser, TimeProvider clock, in BalloonOptions options = default)
    {
        (Name, _releaser, _clock, _options) = (name, releaser, clock, options);
        _config.Target = options.TargetPages;
        _reports = new PageReports(releaser, Counters);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public ushort DeviceType => DeviceIds.VIRTIO_ID_BALLOON;

    /// <inheritdoc/>
    public ulong DeviceFeatures => FeatureBits.Mask(BalloonDevice.VIRTIO_BALLOON_F_STATS_VQ)
        | (_options.DeflateOnOom ? FeatureBits.Mask(BalloonDevice.VIRTIO_BALLOON_F_DEFLATE_ON_OOM) : 0)
        | (_options.FreePageReporting
            ? FeatureBits.Mask(BalloonDevice.VIRTIO_BALLOON_F_REPORTING) | FeatureBits.Mask(BalloonDevice.VIRTIO_BALLOON_F_PAGE_POISON)
            : 0)
        | (MustBeTold ? FeatureBits.Mask(BalloonDevice.VIRTIO_BALLOON_F_MUST_TELL_HOST) : 0);

    /// <summary>
    /// Whether the driver has to tell before it uses a page again. A huge page goes back when the last of its small ones is
    /// in, long after the others were: a driver that had one of those in use again, unknown to us, would lose what it wrote (5.5.6.2).
    /// </summary>
    private bool MustBeTold => _releaser.Granularity > BalloonDevice.PageSize;

    /// <inheritdoc/>
    public ReadOnlySpan<ushort> QueueSizes => _options.FreePageReporting ? AllSizes : AllSizes.AsSpan(0, BalloonDevice.StatisticsQueue + 1);

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Config => _config.Bytes;

    /// <summary>What it has done.</summary>
    public BalloonCounters Counters { get; } = new();

    /// <summary>Told on the event thread, with the device's lock held, that the guest has told statistics: hand it on, and do not wait.</summary>
    public Action? StatisticsTold { get; set; }

    /// <summary>Where it is. Any thread.</summary>
    public BalloonStatus Status
    {
        get
        {
            using VirtioDeviceCore.Scope scope = _core.Enter();
            return new BalloonStatus
            {
                TargetPages = _config.Target,
                ActualPages = Math.Min(_config.Actual, _pages.Total),
                IsActive = _core.IsActive,
                Statistics = _statistics.Latest,
                Updates = _statistics.Updates,
            };
        }
    }

    /// <summary>Pages that are in the balloon by the device's own count.</summary>
    public long HeldPages => Math.Max(0, Counters.InflatedPages - Counters.DeflatedPages);

    /// <summary>Wishes a size, in pages of 4 KiB, and tells the driver. It takes its time, and may not get there. Any thread.</summary>
    public void SetTarget(uint pages)
    {
        using VirtioDeviceCore.Scope scope = _core.Enter();
        if (pages == _config.Target)
            return;
        _config.Target = pages;
        _core.ConfigChanged();
    }

    /// <summary>Asks the guest for statistics, which come some time later, or never. Any thread.</summary>
    public void RequestStatistics()
    {
        using VirtioDeviceCore.Scope scope = _core.Enter();
        if (_core.IsActive)
            _statistics.Ask();
    }

    /// <inheritdoc/>
    public void WriteConfig(int offset, ReadOnlySpan<byte> data) => _config.Write(offset, data);

    /// <inheritdoc/>
    public void Attach(VirtioDeviceCore core)
    {
        _core = core;
        _pages = new BalloonPages(core.Memory);
        _filling = new BalloonFilling(_pages, _releaser, Counters);
        _statistics = new StatisticsQueue(core, Counters, _clock, _options.StatisticsInterval);
    }

    /// <inheritdoc/>
    public bool AcceptsFeatures(ulong features) => !MustBeTold || (features & FeatureBits.Mask(BalloonDevice.VIRTIO_BALLOON_F_MUST_TELL_HOST)) != 0;

    /// <inheritdoc/>
    public void Activate(ulong features)
    {
        if (_core.Has(BalloonDevice.VIRTIO_BALLOON_F_STATS_VQ))
            _statistics.Activate();
    }

    /// <inheritdoc/>
    public bool ProcessQueue(int queue)
    {
        if (queue == BalloonDevice.StatisticsQueue && _core.Has(BalloonDevice.VIRTIO_BALLOON_F_STATS_VQ))
            return ProcessStatistics();
        bool isReport = queue >= BalloonDevice.StatisticsQueue;
        if (isReport && !_core.Has(BalloonDevice.VIRTIO_BALLOON_F_REPORTING))
            return false;
        Virtqueue requests = _core.Queue(queue);
        requests.DisableNotifications();
        for (uint budget = requests.Size; budget > 0; budget--)
        {
            ChainStatus status = requests.TryPop(_chain);
            if (status == ChainStatus.Empty)
            {
                if (!requests.EnableNotifications())
                    return false;
                continue;
            }
            // A report names pages, and one that is not RAM is skipped like any page number that is not.
            if (status == ChainStatus.OutOfRange && isReport)
                Counters.NoteOutside();
            else if (status != ChainStatus.Ok)
                return Fail(requests, status);
            uint poison = _core.Has(BalloonDevice.VIRTIO_BALLOON_F_PAGE_POISON) ? _config.PoisonValue : 0;
            using (_core.Unlock())
                Do(queue, poison);
            requests.AddUsed(_chain.Head, 0);
        }
        return true;
    }

    /// <inheritdoc/>
    public void Quiesce() => _statistics.Quiesce();

    /// <summary>A driver that goes leaves nothing in the balloon: the one that comes after it may use all of its memory.</summary>
    public void Reset()
    {
        Counters.NoteDeflated(_pages.Count);
        _pages.Clear();
        _statistics.Reset();
        _config.Reset();
    }

    private bool ProcessStatistics()
    {
        long before = _statistics.Updates;
        bool hasMore = _statistics.Process();
        if (_statistics.Updates != before)
            StatisticsTold?.Invoke();
        return hasMore;
    }

    private void Do(int queue, uint poison)
    {
        switch (queue)
        {
            case BalloonDevice.InflateQueue:
                _filling.Inflate(_chain);
                break;
            case BalloonDevice.DeflateQueue:
                _filling.Deflate(_chain);
                break;
            default:
                _reports.Take(_chain, poison);
                break;
        }
    }

    /// <summary>A buffer of page numbers that is not RAM, or no chain at all: there is no way to report that but this.</summary>
    private bool Fail(Virtqueue queue, ChainStatus status)
    {
        _core.Fail(queue, _chain, status);
        return false;
    }
}
