using Vmm.Devices.Virtio.Spec;
using Vmm.Guest.Memory;

namespace Vmm.Devices.Virtio.Queue;

/// <summary>
/// One split virtqueue, from the device's side. The object lives as long as the device; the driver makes it live and a
/// reset makes it dead again. A queue that is not live is simply empty.
/// </summary>
/// <remarks>
/// Not safe on two threads at once: its user holds the device's lock (<see cref="VirtioDeviceCore.Enter"/>). Chains can
/// be in flight in any number up to the queue's size and be completed in any order.
/// <code>
/// idle ──Activate──▶ live ◀──Hold/Release──▶ held (empty, completions still go out)
///   ▲                  └──Break──▶ broken (empty, completions are dropped)
///   └───────────Deactivate, from any of them───────────┘
/// </code>
/// </remarks>
public sealed partial class Virtqueue
{
    private readonly GuestMemory _memory;
    private readonly ulong[] _inFlightHeads;
    private SplitRing _ring;
    private bool _eventIndex;
    private bool _indirect;
    private ushort _nextAvail;
    private ushort _nextUsed;
    private ushort _publishedUsed;
    private ushort _signalledUsed;

    /// <summary>Makes a queue that is not live.</summary>
    /// <param name="memory">Where the driver's rings and buffers are.</param>
    /// <param name="index">The queue's number.</param>
    /// <param name="maxSize">The largest size the driver may choose: a power of two, at most 32768.</param>
    public Virtqueue(GuestMemory memory, int index, ushort maxSize)
    {
        if (maxSize == 0 || maxSize > SplitRingLayout.MaxQueueSize || !ushort.IsPow2(maxSize))
            throw new ArgumentOutOfRangeException(nameof(maxSize), maxSize, "a queue's size is a power of two, at most 32768");
        (_memory, Index, MaxSize) = (memory, index, maxSize);
        _inFlightHeads = new ulong[(maxSize + 63) / 64];
        Config.Size = maxSize;
    }

    /// <summary>The queue's number.</summary>
    public int Index { get; }

    /// <summary>The largest size the driver may choose.</summary>
    public ushort MaxSize { get; }

    /// <summary>Whether the driver can use it: activated, and not broken.</summary>
    public bool IsLive { get; private set; }

    /// <summary>Descriptors in the live queue; 0 when it is not.</summary>
    public uint Size => IsLive ? _ring.Size : 0;

    /// <summary>Chains taken and not given back yet.</summary>
    public int InFlight { get; private set; }

    /// <summary>Whether completions wait to be published.</summary>
    public bool HasUnpublished => _nextUsed != _publishedUsed;

    /// <summary>Whether the driver has made chains available that were not taken yet, and may be.</summary>
    public bool HasWaiting => MayAnnounce && _ring.AvailIndex != _nextAvail;

    /// <summary>Whether it gives out no chains for now.</summary>
    internal bool IsHeld { get; private set; }

    /// <summary>Whether the driver stopped it for good (until a reset).</summary>
    internal bool IsStopped { get; private set; }

    /// <summary>The driver's registers; frozen by the owner while the queue is enabled or live.</summary>
    internal VirtqueueConfig Config;

    /// <summary>Takes the next chain into <paramref name="chain"/>. Allocates nothing; the work is bounded by size and table length.</summary>
    /// <returns>
    /// <see cref="ChainStatus.Ok"/> and <see cref="ChainStatus.OutOfRange"/> put the chain in flight: it has to be given
    /// back with <see cref="AddUsed"/>. After any other fault the queue stays where it was; fail the device.
    /// </returns>
    public ChainStatus TryPop(DescriptorChain chain)
    {
        if (!MayAnnounce)
            return ChainStatus.Empty;
        var waiting = (ushort)(_ring.AvailIndex - _nextAvail);
        if (waiting == 0)
            return ChainStatus.Empty;
        if (waiting > _ring.Size)
            return ChainStatus.AvailIndexAhead;

        ushort head = _ring.AvailElement(_nextAvail);
        if (head >= _ring.Size)
            return ChainStatus.HeadOutOfRange;
        ref ulong word = ref _inFlightHeads[head / 64];
        ulong bit = 1UL << head;
        if ((word & bit) != 0)
            return ChainStatus.HeadInFlight;

        chain.Clear(head);
        ChainStatus status = new ChainWalker(_memory, in _ring, chain, _indirect).Walk(head);
        if (status is not (ChainStatus.Ok or ChainStatus.OutOfRange))
            return status;
        word |= bit;
        InFlight++;
        _nextAvail++;
        return status;
    }

    /// <summary>
    /// Leaves the chain that <see cref="TryPop"/> has just given out where it was, as if it had not been taken: the next call
    /// takes it again, and reads all of it anew. For a device that may not work on it yet.
    /// </summary>
    /// <exception cref="InvalidOperationException">It is not in flight: a defect of the device, not of the guest.</exception>
    public void PutBack(DescriptorChain chain) => PutBack(chain.Head);

    /// <summary>The same for several chains, the one that was taken last first.</summary>
    public void PutBack(ushort head)
    {
        ulong bit = 1UL << head;
        if ((_inFlightHeads[head / 64] & bit) == 0)
            throw new InvalidOperationException($"queue {Index}: descriptor {head} is not in flight");
        _inFlightHeads[head / 64] &= ~bit;
        InFlight--;
        _nextAvail--;
        MarkWritten(head);
    }

    /// <summary>Gives a chain back. The driver sees it after <see cref="Publish"/>.</summary>
    /// <param name="head">The chain's <see cref="DescriptorChain.Head"/>.</param>
    /// <param name="written">Bytes written from the start of the writable part. 2.7.8.2: not fewer than the driver may rely on.</param>
    /// <exception cref="InvalidOperationException">The head is not in flight: a defect of the device, not of the guest.</exception>
    public void AddUsed(ushort head, uint written)
    {
        ulong bit = 1UL << head;
        if (head / 64 >= _inFlightHeads.Length || (_inFlightHeads[head / 64] & bit) == 0)
            throw new InvalidOperationException($"queue {Index}: descriptor {head} is not in flight");
        _inFlightHeads[head / 64] &= ~bit;
        InFlight--;
        MarkWritten(head);
        if (!IsLive)
            return;
        _ring.WriteUsedElement(_nextUsed, head, written);
        _nextUsed++;
    }

    /// <summary>Shows the driver everything that was given back since the last time.</summary>
    /// <returns>Whether the driver wants an interrupt for it.</returns>
    public bool Publish()
    {
        if (!IsLive || !HasUnpublished)
            return false;
        _publishedUsed = _nextUsed;
        _ring.WriteUsedIndex(_publishedUsed);
        return NeedsInterrupt();
    }

    /// <summary>Asks for notifications of new buffers.</summary>
    /// <returns>
    /// True when a buffer came in just before that took effect: no notification will come for it, so the caller has to
    /// look again. (2.7.10: ask first, then look once more.)
    /// </returns>
    public bool EnableNotifications()
    {
        if (!MayAnnounce)
            return false;
        if (_eventIndex)
            _ring.WriteAvailEvent(_nextAvail);
        else
            _ring.WriteUsedFlags(0);
        // The driver writes its index, fences, reads our wish; we write our wish, fence, read its index.
        Interlocked.MemoryBarrier();
        return _ring.AvailIndex != _nextAvail;
    }

    /// <summary>Asks for no notifications for now. Only a hint: some may still come.</summary>
    public void DisableNotifications()
    {
        // With EVENT_IDX there is nothing to do: the event stays behind and is not passed again for 65535 buffers.
        if (MayAnnounce && !_eventIndex)
            _ring.WriteUsedFlags(SplitRingLayout.VIRTQ_USED_F_NO_NOTIFY);
    }

    /// <summary>Goes live with what the driver configured, from the first element of each ring.</summary>
    internal RingStatus Activate(bool eventIndex, bool indirect)
    {
        RingStatus status = SplitRing.TryMap(_memory, in Config, MaxSize, out SplitRing ring);
        if (status != RingStatus.Ok)
            return status;
        _ring = ring;
        _eventIndex = eventIndex;
        _indirect = indirect;
        _nextAvail = _nextUsed = _publishedUsed = _signalledUsed = 0;
        IsHeld = false;
        IsLive = true;
        return RingStatus.Ok;
    }

    /// <summary>Gives out no chains until <see cref="Release"/>.</summary>
    internal void Hold() => IsHeld = true;

    /// <summary>Ends <see cref="Hold"/>.</summary>
    internal void Release()
    {
        if (IsLive)
            _ring.Await();
        IsHeld = false;
    }

    /// <summary>
    /// The driver wants no more of it: gives out no chains until a reset. What is in flight is still completed; after
    /// that the rings are not touched any more, for they may be something else by then (4.2.2.1).
    /// </summary>
    internal void Stop() => IsStopped = true;

    /// <summary>After the driver's fault: no chain goes out and nothing is written to the rings any more.</summary>
    internal void Break() => IsLive = false;

    /// <summary>Returns to what it is at power-on. Nothing may be in flight.</summary>
    internal void Deactivate()
    {
        if (InFlight != 0)
            throw new InvalidOperationException($"queue {Index} is deactivated with {InFlight} chains in flight");
        IsLive = IsHeld = IsStopped = false;
        _ring = default;
        Config = new VirtqueueConfig { Size = MaxSize };
        Array.Clear(_inFlightHeads);
    }

    /// <summary>While writes to RAM are recorded: a chain leaves the device's hands, which may have written into any of its buffers.</summary>
    private void MarkWritten(ushort head)
    {
        if (_memory.Dirty is { } dirty)
            new ChainMarker(_memory, in _ring, dirty).Mark(head);
    }

    /// <summary>Held, stopped or lent, the rings see completions and nothing else: whoever ends a hold has the queue looked at.</summary>
    private bool MayAnnounce => IsLive && !IsHeld && !IsStopped && !IsLent;

    private bool NeedsInterrupt()
    {
        // The driver writes its wish, fences, reads our index; we wrote our index, fence, read its wish. 2.7.7.2.
        Interlocked.MemoryBarrier();
        if (!_eventIndex)
        {
            _signalledUsed = _publishedUsed;
            return (_ring.AvailFlags & SplitRingLayout.VIRTQ_AVAIL_F_NO_INTERRUPT) == 0;
        }
        ushort before = _signalledUsed;
        _signalledUsed = _publishedUsed;
        // used_event lies in [before, published): counted modulo 2^16 from its successor.
        return (ushort)(_publishedUsed - _ring.UsedEvent - 1) < (ushort)(_publishedUsed - before);
    }
}
