using System.Runtime.InteropServices;
using Vmm.Devices.Backends;
using Vmm.Devices.Virtio.Queue;
using Vmm.Devices.Virtio.RateLimiting;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Devices.Virtio.Net;

/// <summary>One transmit queue: frames from the guest's memory to the back end. Virtio 1.2, 5.1.6.2.</summary>
/// <remarks>
/// Frames are taken in batches under the device's lock, sent without it, and given back together. What the back end has
/// no room for, and what the rate limiter refuses, stays in the queue, so nothing is held that a reset would wait for.
/// </remarks>
internal sealed class FrameSender
{
    private const int BatchSize = 64;

    /// <summary>Segments that a frame of a batch has on the average at most; one with more makes the batch shorter.</summary>
    private const int UsualSegments = 19;

    private readonly VirtioDeviceCore _core;
    private readonly INetworkBackend _backend;
    private readonly CardState _card;
    private readonly RateLimiter _limiter;
    private readonly int _queue;
    private readonly int _pair;
    private readonly DescriptorChain _chain;
    private readonly Frame[] _frames = new Frame[BatchSize];
    private readonly byte[] _headers = GC.AllocateArray<byte>(BatchSize * NetworkDevice.HeaderSize, pinned: true);
    private readonly HostSegment[] _segments;
    private int _count;
    private int _segmentEnd;
    private int _paid;
    private bool _waitsForRoom;

    /// <summary>Makes it.</summary>
    public FrameSender(VirtioDeviceCore core, INetworkBackend backend, CardState card, RateLimiter limiter, int pair, int queue, int chainCapacity)
    {
        (_core, _backend, _card, _limiter, _pair, _queue) = (core, backend, card, limiter, pair, queue);
        _chain = new DescriptorChain(chainCapacity);
        _segments = GC.AllocateUninitializedArray<HostSegment>(chainCapacity + 1 + BatchSize * UsualSegments, pinned: true);
    }

    private enum Gathered
    {
        BatchIsFull,
        QueueIsEmpty,
        Throttled,
        DriverFailed,
    }

    /// <summary>What went out.</summary>
    public NetworkQueueCounters Counters { get; } = new();

    /// <summary>The back end has room again. With the lock held; <see cref="Process"/> follows.</summary>
    public void RoomAgain() => _waitsForRoom = false;

    /// <summary>Back to power-on.</summary>
    public void Reset()
    {
        _waitsForRoom = false;
        _paid = 0;
    }

    /// <summary>The guest has frames. True when it has more than one round of them.</summary>
    public bool Process()
    {
        Virtqueue queue = _core.Queue(_queue);
        queue.DisableNotifications();
        if (_waitsForRoom || _pair >= _card.ActivePairs)
            return false;
        uint budget = queue.Size;
        while (budget > 0)
        {
            Gathered gathered = Gather(queue, ref budget);
            if (gathered == Gathered.DriverFailed)
                return false;
            if (_count > 0)
                SendBatch(queue);
            if (_waitsForRoom || gathered == Gathered.Throttled)
                return false;
            if (gathered == Gathered.QueueIsEmpty)
            {
                budget--;
                if (!queue.EnableNotifications())
                    return false;
            }
        }
        return true;
    }

    private Gathered Gather(Virtqueue queue, ref uint budget)
    {
        _count = _segmentEnd = 0;
        while (_count < BatchSize && budget > 0 && _segmentEnd + _chain.Capacity + 1 <= _segments.Length)
        {
            ChainStatus status = queue.TryPop(_chain);
            if (status == ChainStatus.Empty)
                return Gathered.QueueIsEmpty;
            if (status != ChainStatus.Ok)
            {
                FailDriver(queue, status);
                return Gathered.DriverFailed;
            }
            budget--;
            if (!TryAdd())
            {
                queue.AddUsed(_chain.Head, 0);
                continue;
            }
            if (_paid > 0)
            {
                // It was put back for want of room, after its tokens were taken.
                _paid--;
            }
            else if (!_limiter.TryTake((ulong)_frames[_count - 1].Length, out TimeSpan wait))
            {
                _count--;
                queue.PutBack(_chain);
                _core.ProcessAfter(_queue, wait);
                return Gathered.Throttled;
            }
        }
        return Gathered.BatchIsFull;
    }

    /// <summary>Adds the chain to the batch, or counts why it is no frame to send.</summary>
    private bool TryAdd()
    {
        const int headerSize = NetworkDevice.HeaderSize;
        Span<byte> header = _headers.AsSpan(_count * headerSize, headerSize);
        bool isWhole = _chain.Read(0, header) == headerSize && _chain.Readable.Length <= StagedBuffers.MostSegments;
        if (!isWhole || !FrameHeader.CheckSent(header, _chain.ReadableLength - headerSize, _card.FromDriver, _card.LargestWhole))
        {
            Counters.Err();
            return false;
        }
        if (!_card.IsLinkUp)
        {
            Counters.Drop();
            return false;
        }
        int start = _segmentEnd;
        _segments[_segmentEnd++] = new HostSegment(Marshal.UnsafeAddrOfPinnedArrayElement(_headers, _count * headerSize), headerSize);
        uint skip = headerSize;
        foreach (ref readonly BufferSegment segment in _chain.Readable)
        {
            uint skipped = Math.Min(skip, segment.Length);
            skip -= skipped;
            if (skipped < segment.Length)
                _segments[_segmentEnd++] = new HostSegment(segment.Host + (nint)skipped, segment.Length - skipped);
        }
        _frames[_count++] = new Frame(_chain.Head, start, _segmentEnd - start, (int)_chain.ReadableLength - headerSize);
        return true;
    }

    private void SendBatch(Virtqueue queue)
    {
        int done = 0;
        using (_core.Unlock())
        {
            for (; done < _count; done++)
            {
                ref readonly Frame frame = ref _frames[done];
                NetworkSend result = _backend.Send(_pair, _segments.AsSpan(frame.Start, frame.Count));
                if (result == NetworkSend.WouldBlock)
                    break;
                if (result == NetworkSend.Sent)
                    Counters.Move(frame.Length);
                else
                    Counters.Drop();
            }
            _backend.Flush(_pair);
        }
        for (int i = 0; i < done; i++)
            queue.AddUsed(_frames[i].Head, 0);
        if (done == _count)
            return;
        for (int i = _count - 1; i >= done; i--)
            queue.PutBack(_frames[i].Head);
        _paid = _count - done;
        _waitsForRoom = true;
    }

    private void FailDriver(Virtqueue queue, ChainStatus status)
    {
        if (status == ChainStatus.OutOfRange)
            queue.AddUsed(_chain.Head, 0);
        for (int i = 0; i < _count; i++)
            queue.AddUsed(_frames[i].Head, 0);
        _count = 0;
        _core.Fail(_queue, status);
    }

    private readonly record struct Frame(ushort Head, int Start, int Count, int Length);
}
