using Vmm.Devices.Virtio.Queue;

namespace Vmm.Devices.Virtio;

/// <content>Queues that somebody else uses in the device's place (<see cref="Virtqueue.Lend"/>). With the lock held, but for <see cref="Interrupt"/>.</content>
public sealed partial class VirtioDeviceCore
{
    /// <summary>Lends a queue, if that is possible now; what was given back so far is published first.</summary>
    internal bool TryLend(int index, out LentQueue lent)
    {
        Virtqueue queue = _queues[index];
        if (queue.HasUnpublished && queue.Publish())
            _transport?.InterruptQueue(index);
        bool can = IsActive && !_held && !_isDetained && queue.CanBeLent;
        lent = can ? queue.Lend(_doorbells[index]) : default;
        return can;
    }

    /// <summary>Takes a queue back, and has it looked at: nobody knows whether the driver was told of all, so it is told once more.</summary>
    internal void TakeBack(int index, ushort next)
    {
        _queues[index].TakeBack(next);
        if (!IsActive || !_queues[index].IsLive)
            return;
        _transport?.InterruptQueue(index);
        Post(index);
    }

    /// <summary>Interrupts the driver for who has a queue. Takes the lock; nothing happens when the queue is lent no more.</summary>
    internal void Interrupt(int index)
    {
        using Scope scope = Enter();
        if (_queues[index].IsLent && IsActive)
            _transport?.InterruptQueue(index);
    }
}
