using Vmm.Devices.Backends;
using Vmm.Host;

namespace Vmm.Storage;

/// <summary>
/// The requests of one disk that are in a ring: started together, completed together, taken up again where a transfer was
/// short. For one thread, and allocates nothing a request.
/// </summary>
internal sealed unsafe class RingRequests : IDisposable
{
    private readonly IImageRing _ring;
    private readonly ImageTransfer _transfer;
    private readonly Action<BlockRequest> _refused;
    private readonly BlockRequest?[] _slots;
    private readonly int[] _freeSlots;
    private readonly int[] _prepared;
    private int _freeCount;
    private int _preparedCount;
    private BlockRequest? _waiting;
    private BlockRequest? _lastWaiting;

    /// <summary>Takes a ring.</summary>
    /// <param name="ring">Owned from now on.</param>
    /// <param name="transfer">Says what a result means.</param>
    /// <param name="refused">Takes over a request that the host has no room for in the ring.</param>
    public RingRequests(IImageRing ring, ImageTransfer transfer, Action<BlockRequest> refused)
    {
        (_ring, _transfer, _refused) = (ring, transfer, refused);
        _slots = new BlockRequest?[ring.Capacity];
        _freeSlots = [.. Enumerable.Range(0, ring.Capacity)];
        _prepared = new int[ring.Capacity];
        _freeCount = ring.Capacity;
    }

    /// <summary>Readable when <see cref="Pump"/> has something to do.</summary>
    public SafeFd? Ready => _ring.Ready;

    /// <summary>Takes a request, which starts with the next <see cref="Pump"/>.</summary>
    public void Add(BlockRequest request)
    {
        request.Next = null;
        if (_freeCount > 0)
            Prepare(request);
        else if (_lastWaiting is null)
            _waiting = _lastWaiting = request;
        else
            _lastWaiting = _lastWaiting.Next = request;
    }

    /// <summary>Starts what was added and completes what is done.</summary>
    public void Pump()
    {
        do
        {
            Start();
            while (_ring.TryTake(out ulong tag, out nint result))
                Finish(Release((int)tag), result);
            while (_freeCount > 0 && _waiting is { } request)
            {
                _waiting = request.Next;
                if (_waiting is null)
                    _lastWaiting = null;
                Prepare(request);
            }
        }
        while (_preparedCount > 0);
    }

    /// <inheritdoc/>
    public void Dispose() => _ring.Dispose();

    private void Start()
    {
        if (_preparedCount == 0)
            return;
        int started = _ring.Submit();
        for (int i = started; i < _preparedCount; i++)
            _refused(Release(_prepared[i]));
        _preparedCount = 0;
    }

    private void Prepare(BlockRequest request)
    {
        int slot = _freeSlots[--_freeCount];
        _slots[slot] = request;
        _prepared[_preparedCount++] = slot;
        ulong tag = (ulong)slot;
        if (request.Operation == BlockOperation.Flush)
        {
            _ring.Sync(tag);
            return;
        }
        var segments = (HostSegment*)request.SegmentsAddress;
        int count = Math.Min(request.Segments.Length, Linux.IOV_MAX);
        if (request.Operation == BlockOperation.Read)
            _ring.Read(segments, count, request.Offset, tag);
        else
            _ring.Write(segments, count, request.Offset, request.Durable ? Linux.RWF_DSYNC : 0, tag);
    }

    private BlockRequest Release(int slot)
    {
        BlockRequest request = _slots[slot]!;
        _slots[slot] = null;
        _freeSlots[_freeCount++] = slot;
        return request;
    }

    private void Finish(BlockRequest request, nint result)
    {
        // A kernel or file system that cannot wait in a ring: a thread can.
        if (-result == (int)Errno.EAGAIN)
            _refused(request);
        else if (_transfer.Settle(request, result) is { } status)
            request.Complete(status);
        else if (_transfer.FitsRing(request))
            Prepare(request);
        else
            _refused(request);
    }
}
