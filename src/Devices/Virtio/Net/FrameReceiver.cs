using Vmm.Devices.Backends;
using Vmm.Devices.Virtio.Queue;
using Vmm.Devices.Virtio.RateLimiting;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Devices.Virtio.Net;

/// <summary>One receive queue: frames from the back end straight into the guest's buffers. Virtio 1.2, 5.1.6.3 and 5.1.6.4.</summary>
/// <remarks>
/// Buffers are staged, then frames are read into them without the lock. What is larger than expected lands in a spill
/// area and is copied from there to buffers further on. A frame that was read and cannot be given yet, for want of buffers or of
/// the rate limiter's tokens, is pending: it stays where it is, and nothing more is read.
/// <code>
/// listening ──no buffers, or too fast──▶ deaf, waits for the driver's notification or for time ──▶ listening
/// </code>
/// While deaf the back end is not watched, so a flood costs nothing and the driver's buffers start it again.
/// </remarks>
internal sealed partial class FrameReceiver
{
    /// <summary>Frames before others have their turn on the event thread.</summary>
    private const int Round = 64;

    /// <summary>Bytes that are staged beyond one frame's room, for the frames after it.</summary>
    private const ulong Ahead = 128 << 10;

    private const int HeaderSize = NetworkDevice.HeaderSize;

    private readonly VirtioDeviceCore _core;
    private readonly INetworkBackend _backend;
    private readonly CardState _card;
    private readonly RateLimiter _limiter;
    private readonly int _queue;
    private readonly int _pair;
    private readonly DescriptorChain _chain;
    private readonly StagedBuffers _staged;
    private readonly Done[] _done;
    private readonly byte[] _header = GC.AllocateArray<byte>(HeaderSize, pinned: true);
    private readonly HostSegment[] _into = GC.AllocateUninitializedArray<HostSegment>(StagedBuffers.MostSegments + 2, pinned: true);
    private byte[] _spill = [];
    private int _doneCount;
    private int _pending;
    private ulong _room;
    private bool _isPaid;
    private bool _isReading;
    private bool _hadPlenty;
    private TimeSpan _wait;

    /// <summary>Makes it.</summary>
    public FrameReceiver(VirtioDeviceCore core, INetworkBackend backend, CardState card, RateLimiter limiter, int pair, int queue, int queueSize, int chainCapacity)
    {
        (_core, _backend, _card, _limiter, _pair, _queue) = (core, backend, card, limiter, pair, queue);
        _chain = new DescriptorChain(chainCapacity);
        _staged = new StagedBuffers(queueSize, chainCapacity);
        _done = new Done[queueSize];
    }

    private enum Outcome
    {
        NoFrames,
        RoundIsOver,
        NeedsBuffers,
        Throttled,
    }

    /// <summary>What came in.</summary>
    public NetworkQueueCounters Counters { get; } = new();

    /// <summary>There may be frames, buffers or time again.</summary>
    public void Process()
    {
        Virtqueue queue = _core.Queue(_queue);
        queue.DisableNotifications();
        if (queue.IsStopped || !_card.IsLinkUp || _pair >= _card.ActivePairs)
        {
            Quiesce();
            return;
        }
        for (int budget = Round; ;)
        {
            int before = _staged.Count;
            if (!Stage(queue))
                return;
            Outcome outcome = _staged.Count == 0 ? Outcome.NeedsBuffers : Read(queue, ref budget);
            if (queue.IsHeld || queue.IsStopped || !queue.IsLive)
            {
                Quiesce();
                return;
            }
            if (outcome == Outcome.NeedsBuffers && WaitsForBuffers(queue, _staged.Count > before))
            {
                _backend.Listen(_pair, false);
                return;
            }
            if (outcome == Outcome.Throttled)
            {
                _backend.Listen(_pair, false);
                _core.ProcessAfter(_queue, _wait);
                return;
            }
            // Where frames are left, the back end says so again: it is level-triggered.
            if (outcome is Outcome.NoFrames or Outcome.RoundIsOver)
            {
                _backend.Listen(_pair, true);
                return;
            }
        }
    }

    /// <summary>Stops listening and gives up all buffers; they stay in the queue. With the lock held, on any thread.</summary>
    public void Quiesce()
    {
        _backend.Listen(_pair, false);
        // The event thread does the rest when it has the lock again.
        if (_isReading)
            return;
        Virtqueue queue = _core.Queue(_queue);
        if (_pending > 0 && !TryPlace())
            DropPending();
        GiveBack(queue);
        while (_staged.Count > 0)
            queue.PutBack(_staged.RemoveLast());
    }

    /// <summary>Back to power-on.</summary>
    public void Reset() => _hadPlenty = false;

    /// <summary>Takes buffers from the queue, ahead of the frames. False when the driver broke a rule.</summary>
    private bool Stage(Virtqueue queue)
    {
        ulong room = (ulong)_card.ReceiveRoom;
        while (!_staged.IsFull && _staged.Bytes < room + Ahead)
        {
            ChainStatus status = queue.TryPop(_chain);
            if (status == ChainStatus.Empty)
                break;
            if (status != ChainStatus.Ok)
            {
                _core.Fail(queue, _chain, status);
                return false;
            }
            // 5.1.6.3.1: a buffer is larger than the header.
            if (_chain.WritableLength <= HeaderSize)
            {
                _core.Fail(_queue, $"receive buffer of {_chain.WritableLength} bytes");
                queue.AddUsed(_chain.Head, 0);
                return false;
            }
            _staged.Add(_chain);
        }
        _hadPlenty |= _staged.Bytes >= room;
        return true;
    }

    /// <summary>
    /// Whether to wait for the driver's buffers. A pending frame waits with the rest if the driver once had buffers enough
    /// for the largest; from one who never had it would wait for ever, and is dropped.
    /// </summary>
    private bool WaitsForBuffers(Virtqueue queue, bool gotSome)
    {
        if (_pending > 0 && (_staged.IsFull || !_hadPlenty) && !gotSome)
        {
            DropPending();
            return false;
        }
        return !_staged.IsFull && !queue.EnableNotifications();
    }

    private void DropPending()
    {
        Counters.Drop();
        _pending = 0;
        _isPaid = false;
    }

    private void GiveBack(Virtqueue queue)
    {
        for (int i = 0; i < _doneCount; i++)
            queue.AddUsed(_done[i].Head, _done[i].Length);
        _doneCount = 0;
    }

    private readonly record struct Done(ushort Head, uint Length);
}
