using Vmm.Devices.Backends;
using Vmm.Devices.Virtio.Queue;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Devices.Virtio.Rng;

/// <summary>The entropy device. Virtio 1.2, 5.4: the driver puts buffers in, they come back with random bytes.</summary>
/// <param name="name">As in traces, such as <c>rng0</c>.</param>
/// <param name="source">Where the bytes come from.</param>
public sealed class VirtioRng(string name, IEntropySource source) : IVirtioDevice
{
    /// <summary>
    /// The most bytes that one request gets, however large its buffer. 5.4.6.2 asks for one byte or more; a driver that
    /// wants more asks again, and others have their turn in between.
    /// </summary>
    public const uint MaxBytesPerRequest = 64 << 10;

    private const ushort QueueSize = 64;

    private static readonly ushort[] Sizes = [QueueSize];

    private readonly DescriptorChain _chain = new(QueueSize);
    private VirtioDeviceCore? _core;

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public ushort DeviceType => DeviceIds.VIRTIO_ID_RNG;

    /// <inheritdoc/>
    public ulong DeviceFeatures => 0;

    /// <inheritdoc/>
    public ReadOnlySpan<ushort> QueueSizes => Sizes;

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Config => [];

    /// <inheritdoc/>
    public void WriteConfig(int offset, ReadOnlySpan<byte> data)
    {
    }

    /// <inheritdoc/>
    public void Attach(VirtioDeviceCore core) => _core = core;

    /// <inheritdoc/>
    public void Activate(ulong features)
    {
    }

    /// <inheritdoc/>
    public bool ProcessQueue(int queue)
    {
        Virtqueue requests = _core!.Queue(queue);
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
            // Buffers to read have no meaning here (5.4.6.1) and are left alone.
            if (status == ChainStatus.Ok)
            {
                requests.AddUsed(_chain.Head, Fill());
                continue;
            }
            // There is no status byte in which to report a bad buffer.
            _core.Fail(requests, _chain, status);
            return false;
        }
        return true;
    }

    /// <inheritdoc/>
    public void Quiesce()
    {
    }

    /// <inheritdoc/>
    public void Reset()
    {
    }

    private uint Fill()
    {
        uint left = MaxBytesPerRequest;
        foreach (ref readonly BufferSegment segment in _chain.Writable)
        {
            if (left == 0)
                break;
            Span<byte> part = segment.Span[..(int)Math.Min(segment.Length, left)];
            source.Fill(part);
            left -= (uint)part.Length;
        }
        return MaxBytesPerRequest - left;
    }
}
