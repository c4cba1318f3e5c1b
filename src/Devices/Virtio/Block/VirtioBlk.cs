using System.Text;
using Vmm.Devices.Backends;
using Vmm.Devices.Virtio.Queue;
using Vmm.Devices.Virtio.RateLimiting;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Devices.Virtio.Block;

/// <summary>The block device. Virtio 1.2, 5.2: one or several queues of requests, which complete in any order.</summary>
public sealed partial class VirtioBlk : IVirtioDevice, IRateLimited
{
    private readonly IBlockBackend _backend;
    private readonly ushort[] _sizes;
    private readonly BlockCounters[] _counters;
    private readonly byte[] _config;
    private readonly byte[] _id = new byte[BlockDevice.IdSize];
    private readonly RateLimiter _limiter;
    private VirtioDeviceCore? _core;
    private ulong _features;

    /// <summary>Puts a device before a back end.</summary>
    /// <param name="name">As in traces and statistics, such as <c>disk0</c>.</param>
    /// <param name="backend">The disk. Outlives the device.</param>
    /// <param name="queues">How many queues, and how large; null for one of the usual size.</param>
    /// <param name="clock">What a limit goes by; null for the host's.</param>
    public VirtioBlk(string name, IBlockBackend backend, BlockQueues? queues = null, TimeProvider? clock = null)
    {
        (Name, _backend) = (name, backend);
        BlockQueues shape = queues ?? BlockQueues.Single;
        _sizes = [.. Enumerable.Repeat(shape.Size, shape.Count)];
        _counters = [.. _sizes.Select(_ => new BlockCounters())];
        _chain = new DescriptorChain(shape.Size + ExtraSegments);
        _limiter = new RateLimiter(clock ?? TimeProvider.System);
        DeviceFeatures = BlockConfig.Features(backend, shape);
        _config = BlockConfig.Write(backend, shape);
        backend.Announce(new Completions(this));
        string identity = backend.Identity;
        Encoding.ASCII.GetBytes(identity.AsSpan(0, Math.Min(identity.Length, _id.Length)), _id);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public ushort DeviceType => DeviceIds.VIRTIO_ID_BLOCK;

    /// <inheritdoc/>
    public ulong DeviceFeatures { get; }

    /// <inheritdoc/>
    public ReadOnlySpan<ushort> QueueSizes => _sizes;

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Config => _config;

    /// <summary>What each queue has done so far.</summary>
    public IReadOnlyList<BlockCounters> QueueCounters => _counters;

    /// <summary>What the disk has done so far: the sum over its queues, now.</summary>
    public BlockCounters Counters => BlockCounters.Sum(_counters);

    /// <inheritdoc/>
    public long Throttled => _limiter.Throttled;

    /// <inheritdoc/>
    public RateLimit Limit
    {
        get => _limiter.Limit;
        set
        {
            _limiter.Limit = value;
            // What waits for the old limit looks again.
            for (int i = 0; i < _sizes.Length; i++)
                _core?.Post(i);
        }
    }

    /// <summary>Whether a write has to reach the disk before it completes. 5.2.5: so it is unless a flush was negotiated and the driver left write-back on.</summary>
    private bool WriteThrough =>
        (_features & FeatureBits.Mask(BlockDevice.VIRTIO_BLK_F_FLUSH)) == 0 || _config[BlockDevice.ConfigWriteback] == 0;

    /// <inheritdoc/>
    public void WriteConfig(int offset, ReadOnlySpan<byte> data)
    {
        int index = BlockDevice.ConfigWriteback - offset;
        if (index >= 0 && index < data.Length && _core!.Has(BlockDevice.VIRTIO_BLK_F_CONFIG_WCE))
            _config[BlockDevice.ConfigWriteback] = (byte)(data[index] & 1);
    }

    /// <inheritdoc/>
    public void Attach(VirtioDeviceCore core) => _core = core;

    /// <inheritdoc/>
    public void FeaturesAgreed(ulong features)
    {
        // 5.2.5.2: a driver that switches the cache, but cannot flush it, finds it off.
        if (_core!.Has(BlockDevice.VIRTIO_BLK_F_CONFIG_WCE) && !_core.Has(BlockDevice.VIRTIO_BLK_F_FLUSH))
            _config[BlockDevice.ConfigWriteback] = 0;
    }

    /// <inheritdoc/>
    public void Activate(ulong features) => _features = features;

    /// <inheritdoc/>
    public void Quiesce()
    {
    }

    /// <inheritdoc/>
    public void Reset()
    {
        _features = 0;
        _handOffs = 0;
        _config[BlockDevice.ConfigWriteback] = 1;
    }
}
