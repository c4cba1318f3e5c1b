using System.Buffers.Binary;
using System.Text;
using Vmm.Devices.Backends;
using Vmm.Devices.Virtio.Queue;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Devices.Virtio.Block;

/// <summary>The block device. Virtio 1.2, 5.2: one queue of requests, which complete in any order.</summary>
/// <remarks>
/// Requests are taken from the queue in small batches under the device's lock and submitted without it, so that a back
/// end which works on this thread holds up neither vCPUs nor completions from other threads. What completes during a
/// batch is given back together: one index, at most one interrupt. A reset waits until the back end has completed
/// everything, as it owns the guest's memory until then.
/// </remarks>
public sealed class VirtioBlk : IVirtioDevice
{
    private const ushort QueueSize = 256;

    /// <summary>A buffer that crosses from one RAM region to the next is two segments; RAM has few regions.</summary>
    private const int ExtraSegments = 4;

    /// <summary>Requests that are submitted before what is done is shown to the driver.</summary>
    private const int BatchSize = 8;

    /// <summary>Bytes after which a batch is full: copying many large blocks takes long.</summary>
    private const ulong BatchBytes = 256 << 10;

    /// <summary>How many requests go without the caller's thread after one has kept another waiting.</summary>
    private const int DeepPenalty = 256;

    private static readonly ushort[] Sizes = [QueueSize];

    private readonly IBlockBackend _backend;
    private readonly byte[] _config;
    private readonly byte[] _id = new byte[BlockDevice.IdSize];
    private readonly DescriptorChain _chain = new(QueueSize + ExtraSegments);
    private readonly VirtioBlkRequest[] _batch = new VirtioBlkRequest[BatchSize];
    private readonly VirtioBlkRequest[] _done = new VirtioBlkRequest[BatchSize];
    private VirtioDeviceCore? _core;
    private BlockRequest? _free;
    private ulong _features;
    private int _doneCount;
    private int _submitter;
    private int _handOffs;

    /// <summary>Puts a device before a back end.</summary>
    /// <param name="name">As in traces and statistics, such as <c>disk0</c>.</param>
    /// <param name="backend">The disk. Outlives the device.</param>
    public VirtioBlk(string name, IBlockBackend backend)
    {
        (Name, _backend) = (name, backend);
        DeviceFeatures = BlockConfig.Features(backend);
        _config = BlockConfig.Write(backend, QueueSize);
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
    public ReadOnlySpan<ushort> QueueSizes => Sizes;

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Config => _config;

    /// <summary>What the disk has done so far.</summary>
    public BlockCounters Counters { get; } = new();

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

    /// <inheritdoc/>
    public bool ProcessQueue(int queue)
    {
        Virtqueue requests = _core!.Queue(queue);
        requests.DisableNotifications();
        uint budget = requests.Size;
        bool ranInline = false;
        while (budget > 0)
        {
            int count = Gather(requests, ref budget, out ChainStatus status);
            if (status is not (ChainStatus.Ok or ChainStatus.Empty))
                return false;
            if (ranInline && count > 0)
                _handOffs = DeepPenalty;
            ranInline = false;
            if (count > 0)
            {
                ranInline = count == 1 && status == ChainStatus.Empty && requests.InFlight == 1 && _handOffs == 0;
                _handOffs = Math.Max(0, _handOffs - count);
                Submit(requests, count, ranInline);
            }
            else if (status == ChainStatus.Empty)
            {
                budget--;
                if (!requests.EnableNotifications())
                    return false;
            }
        }
        return true;
    }

    /// <summary>A request came back from the back end, on any thread.</summary>
    internal void Completed(VirtioBlkRequest request)
    {
        // Within the batch on this thread there is no need for the lock yet.
        if (Volatile.Read(ref _submitter) == Environment.CurrentManagedThreadId)
        {
            _done[_doneCount++] = request;
            return;
        }
        using VirtioDeviceCore.Scope scope = _core!.Enter();
        GiveBack(_core.Queue(BlockDevice.RequestQueue), request);
    }

    /// <summary>Takes the next chains and makes requests of them; what can be answered at once is.</summary>
    /// <param name="requests">The queue.</param>
    /// <param name="budget">Chains that may still be taken.</param>
    /// <param name="status">Ok when there may be more; Empty when there is none; else the driver's fault, which was dealt with.</param>
    /// <returns>How many wait in the batch.</returns>
    private int Gather(Virtqueue requests, ref uint budget, out ChainStatus status)
    {
        int count = 0;
        ulong bytes = 0;
        status = ChainStatus.Ok;
        while (count < BatchSize && bytes < BatchBytes && budget > 0)
        {
            status = requests.TryPop(_chain);
            if (status == ChainStatus.Empty)
                break;
            budget--;
            if (status != ChainStatus.Ok || _chain.WritableLength == 0)
            {
                FailDriver(requests, count, ref status);
                return 0;
            }
            if (Accept(requests) is { } request)
            {
                _batch[count++] = request;
                bytes += request.Length;
            }
        }
        return count;
    }

    /// <summary>A chain that cannot even be answered: there is no telling where its status byte should go.</summary>
    private void FailDriver(Virtqueue requests, int gathered, ref ChainStatus status)
    {
        if (status == ChainStatus.Ok)
            _core!.Fail(requests.Index, "request without a status byte");
        else
            _core!.Fail(requests.Index, status);
        if (status is ChainStatus.Ok or ChainStatus.OutOfRange)
            requests.AddUsed(_chain.Head, 0);
        for (int i = 0; i < gathered; i++)
        {
            requests.AddUsed(_batch[i].Head, 0);
            Free(_batch[i]);
        }
        status = ChainStatus.OutOfRange;
    }

    private VirtioBlkRequest? Accept(Virtqueue requests)
    {
        Span<byte> header = stackalloc byte[BlockDevice.HeaderSize];
        if (_chain.Read(0, header) < header.Length)
            return Answer(requests, BlockDevice.VIRTIO_BLK_S_IOERR, 0);
        uint type = BinaryPrimitives.ReadUInt32LittleEndian(header);
        ulong sector = BinaryPrimitives.ReadUInt64LittleEndian(header[BlockDevice.HeaderSector..]);
        if (type == BlockDevice.VIRTIO_BLK_T_GET_ID)
            return Answer(requests, BlockDevice.VIRTIO_BLK_S_OK, _chain.Write(0, _id.AsSpan(0, (int)Math.Min((ulong)_id.Length, _chain.WritableLength - 1))));

        VirtioBlkRequest request = Rent();
        if (new RequestParser(_backend, _features, WriteThrough).Parse(_chain, type, sector, request) is { } refusal)
        {
            Free(request);
            return Answer(requests, refusal, 0);
        }
        request.Head = _chain.Head;
        BufferSegment last = _chain.Writable[^1];
        request.StatusAddress = last.Host + (nint)(last.Length - 1);
        return request;
    }

    /// <summary>Completes the chain just taken, without the back end.</summary>
    private VirtioBlkRequest? Answer(Virtqueue requests, byte status, int written)
    {
        Counters.RecordAnswer(status);
        ulong last = _chain.WritableLength - 1;
        _chain.Write(last, [status]);
        requests.AddUsed(_chain.Head, UsedLength((ulong)written, last));
        return null;
    }

    /// <summary>Submits the batch without the lock, then gives back what completed on this thread.</summary>
    private void Submit(Virtqueue requests, int count, bool mayBlock)
    {
        _doneCount = 0;
        using (_core!.Unlock())
        {
            Volatile.Write(ref _submitter, Environment.CurrentManagedThreadId);
            for (int i = 0; i < count; i++)
                _backend.Submit(_batch[i], mayBlock);
            Volatile.Write(ref _submitter, 0);
        }
        for (int i = 0; i < _doneCount; i++)
            GiveBack(requests, _done[i]);
    }

    private unsafe void GiveBack(Virtqueue requests, VirtioBlkRequest request)
    {
        bool ok = request.Status == BlockStatus.Ok;
        *(byte*)request.StatusAddress = ok ? BlockDevice.VIRTIO_BLK_S_OK
            : request.Status == BlockStatus.Unsupported ? BlockDevice.VIRTIO_BLK_S_UNSUPP : BlockDevice.VIRTIO_BLK_S_IOERR;
        Counters.Record(request);
        bool read = request.Operation == BlockOperation.Read;
        requests.AddUsed(request.Head, read ? UsedLength(request.Length - request.Remaining, request.Length) : 1);
        Free(request);
    }

    /// <summary>2.7.8.2: bytes written from the start of the writable part, without a gap; the status byte counts if the data before it is complete.</summary>
    private static uint UsedLength(ulong written, ulong statusOffset) => (uint)(written == statusOffset ? written + 1 : written);

    private VirtioBlkRequest Rent()
    {
        if (_free is not VirtioBlkRequest request)
            return new VirtioBlkRequest(this);
        _free = request.Next;
        request.Next = null;
        return request;
    }

    private void Free(VirtioBlkRequest request)
    {
        request.Next = _free;
        _free = request;
    }
}
