using System.Buffers.Binary;
using Vmm.Devices.Backends;
using Vmm.Devices.Doorbells;
using Vmm.Devices.Virtio.Queue;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Devices.Virtio.Block;

/// <content>From the queue to the back end and back. All queues of a disk are processed on its one event thread.</content>
/// <remarks>
/// Requests are taken from a queue in small batches under the device's lock and submitted without it, so that a back
/// end which works on this thread holds up neither vCPUs nor completions from other threads. What completes during a
/// batch is given back together: one index, at most one interrupt. A reset waits until the back end has completed
/// everything, as it owns the guest's memory until then. What a rate limit forbids for now stays in the driver's queue.
/// </remarks>
public sealed partial class VirtioBlk
{
    /// <summary>A buffer that crosses from one RAM region to the next is two segments; RAM has few regions.</summary>
    private const int ExtraSegments = 4;

    /// <summary>Requests that are submitted before what is done is shown to the driver.</summary>
    private const int BatchSize = 8;

    /// <summary>Bytes after which a batch is full: copying many large blocks takes long.</summary>
    private const ulong BatchBytes = 256 << 10;

    /// <summary>How many requests go without the caller's thread after one has kept another waiting.</summary>
    private const int DeepPenalty = 256;

    private readonly DescriptorChain _chain;
    private readonly VirtioBlkRequest[] _batch = new VirtioBlkRequest[BatchSize];
    private BlockRequest? _done;
    private BlockRequest? _lastDone;
    private BlockRequest? _free;
    private int _collector;
    private int _handOffs;

    /// <summary>Why a batch is no longer.</summary>
    private enum BatchEnd
    {
        /// <summary>It is full, or the budget is.</summary>
        Full,

        /// <summary>The driver has no more.</summary>
        Empty,

        /// <summary>The limit allows no more; a wake-up is set.</summary>
        Throttled,

        /// <summary>The driver broke a rule, and that was dealt with.</summary>
        Fault,
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
            int count = Gather(requests, ref budget, out BatchEnd end);
            if (end == BatchEnd.Fault)
                return false;
            if (ranInline && (count > 0 || AnyWaits()))
                _handOffs = DeepPenalty;
            ranInline = false;
            if (count > 0)
            {
                ranInline = count == 1 && end == BatchEnd.Empty && _handOffs == 0 && InFlight() == 1;
                _handOffs = Math.Max(0, _handOffs - count);
                Submit(count, ranInline);
            }
            if (end == BatchEnd.Throttled)
                return false;
            if (count == 0 && end == BatchEnd.Empty)
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
        // Within a batch on this thread there is no need for the lock yet.
        if (Volatile.Read(ref _collector) == Environment.CurrentManagedThreadId)
        {
            request.Next = null;
            if (_lastDone is null)
                _done = request;
            else
                _lastDone.Next = request;
            _lastDone = request;
            return;
        }
        using VirtioDeviceCore.Scope scope = _core!.Enter();
        GiveBack(request);
    }

    /// <summary>Takes the next chains and makes requests of them; what can be answered at once is.</summary>
    /// <param name="requests">The queue.</param>
    /// <param name="budget">Chains that may still be taken.</param>
    /// <param name="end">Why there are no more in the batch.</param>
    /// <returns>How many wait in the batch.</returns>
    private int Gather(Virtqueue requests, ref uint budget, out BatchEnd end)
    {
        int count = 0;
        ulong bytes = 0;
        while (count < BatchSize && bytes < BatchBytes && budget > 0)
        {
            ChainStatus status = requests.TryPop(_chain);
            if (status == ChainStatus.Empty)
            {
                end = BatchEnd.Empty;
                return count;
            }
            budget--;
            if (status != ChainStatus.Ok || _chain.WritableLength == 0)
            {
                FailDriver(requests, count, status);
                end = BatchEnd.Fault;
                return 0;
            }
            if (Accept(requests) is not { } request)
                continue;
            if (!_limiter.TryTake(request.Cost, out TimeSpan wait))
            {
                Free(request);
                requests.PutBack(_chain);
                _core!.ProcessAfter(requests.Index, wait);
                end = BatchEnd.Throttled;
                return count;
            }
            _batch[count++] = request;
            bytes += request.Length;
        }
        end = BatchEnd.Full;
        return count;
    }

    /// <summary>A chain that cannot even be answered: there is no telling where its status byte should go.</summary>
    private void FailDriver(Virtqueue requests, int gathered, ChainStatus status)
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
        request.Queue = requests.Index;
        BufferSegment last = _chain.Writable[^1];
        request.StatusOffset = _chain.WritableLength - 1;
        request.StatusAddress = last.Host + (nint)(last.Length - 1);
        return request;
    }

    /// <summary>Completes the chain just taken, without the back end.</summary>
    private VirtioBlkRequest? Answer(Virtqueue requests, byte status, int written)
    {
        _counters[requests.Index].RecordAnswer(status);
        ulong last = _chain.WritableLength - 1;
        _chain.Write(last, [status]);
        requests.AddUsed(_chain.Head, UsedLength((ulong)written, last));
        return null;
    }

    /// <summary>Submits the batch without the lock, then gives back what completed on this thread.</summary>
    private void Submit(int count, bool mayBlock)
    {
        using (_core!.Unlock())
        {
            Volatile.Write(ref _collector, Environment.CurrentManagedThreadId);
            for (int i = 0; i < count; i++)
                _backend.Submit(_batch[i], mayBlock);
            _backend.Commit();
            Volatile.Write(ref _collector, 0);
        }
        GiveBackDone();
    }

    /// <summary>The back end has something done: takes all of it in one go. On the event thread.</summary>
    private void Collect()
    {
        Volatile.Write(ref _collector, Environment.CurrentManagedThreadId);
        _backend.Poll();
        Volatile.Write(ref _collector, 0);
        using VirtioDeviceCore.Scope scope = _core!.Enter();
        GiveBackDone();
    }

    private void GiveBackDone()
    {
        BlockRequest? next = _done;
        _done = _lastDone = null;
        while (next is VirtioBlkRequest request)
        {
            next = request.Next;
            GiveBack(request);
        }
    }

    private unsafe void GiveBack(VirtioBlkRequest request)
    {
        Virtqueue requests = _core!.Queue(request.Queue);
        bool ok = request.Status == BlockStatus.Ok;
        *(byte*)request.StatusAddress = ok ? BlockDevice.VIRTIO_BLK_S_OK
            : request.Status == BlockStatus.Unsupported ? BlockDevice.VIRTIO_BLK_S_UNSUPP : BlockDevice.VIRTIO_BLK_S_IOERR;
        _counters[request.Queue].Record(request);
        ulong written = request.Operation == BlockOperation.Read ? request.Length - request.Remaining : 0;
        requests.AddUsed(request.Head, UsedLength(written, request.StatusOffset));
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

    /// <summary>Chains in flight in all queues.</summary>
    private int InFlight()
    {
        int sum = 0;
        for (int i = 0; i < _sizes.Length; i++)
            sum += _core!.Queue(i).InFlight;
        return sum;
    }

    /// <summary>Whether some queue has chains that nobody has taken yet.</summary>
    private bool AnyWaits()
    {
        for (int i = 0; i < _sizes.Length; i++)
        {
            if (_core!.Queue(i).HasWaiting)
                return true;
        }
        return false;
    }

    /// <summary>Rung by the back end.</summary>
    private sealed class Completions(VirtioBlk device) : IDoorbellTarget
    {
        public void Ring() => device.Collect();
    }
}
