using Vmm.Devices.State;

namespace Vmm.Devices.Virtio.Queue;

/// <content>Saving and restoring, with nothing in flight.</content>
public sealed partial class Virtqueue
{
    /// <summary>What it holds.</summary>
    /// <exception cref="InvalidOperationException">Chains are in flight, or were given back and not shown: a defect of whoever saves.</exception>
    internal VirtqueueState Save()
    {
        if (InFlight != 0 || (IsLive && (HasUnpublished || _nextAvail != _nextUsed)))
            throw new InvalidOperationException($"queue {Index} is saved with {InFlight} chains in flight");
        return new VirtqueueState(
            Config.Size,
            Config.Descriptors,
            Config.Avail,
            Config.Used,
            Config.Enabled,
            IsStopped,
            IsLive ? _nextUsed : (ushort)0);
    }

    /// <summary>Whether a saved state is one of such a queue.</summary>
    /// <param name="section">Whose state it is.</param>
    /// <param name="saved">The state.</param>
    /// <param name="isLive">Whether its device was active, so that the queue was live if it was enabled.</param>
    /// <exception cref="StateException">It is not.</exception>
    internal void Check(string section, VirtqueueState saved, bool isLive)
    {
        bool live = isLive && saved.Enabled;
        StateJson.Require(live || saved.Index == 0, section, $"queues: index {saved.Index} of queue {Index}, which is not live");
        if (!live)
            return;
        RingStatus status = SplitRing.TryMap(_memory, ToConfig(saved), MaxSize, out _);
        StateJson.Require(
            status == RingStatus.Ok,
            section,
            $"queues: queue {Index} of size {saved.Size} at 0x{saved.Descriptors:x}, 0x{saved.Avail:x}, 0x{saved.Used:x}: {status}");
    }

    /// <summary>Takes over a state that was checked. A live queue is held.</summary>
    internal void Restore(VirtqueueState saved, bool isLive, bool eventIndex, bool indirect)
    {
        Config = ToConfig(saved);
        if (isLive && saved.Enabled)
        {
            RingStatus status = Activate(eventIndex, indirect);
            if (status != RingStatus.Ok)
                throw new InvalidOperationException($"queue {Index} was checked, and is {status}");
            _nextAvail = _nextUsed = _publishedUsed = _signalledUsed = saved.Index;
        }
        IsHeld = true;
        IsStopped = saved.Stopped;
    }

    private static VirtqueueConfig ToConfig(VirtqueueState saved) => new()
    {
        Size = saved.Size,
        Descriptors = saved.Descriptors,
        Avail = saved.Avail,
        Used = saved.Used,
        Enabled = saved.Enabled,
    };
}
