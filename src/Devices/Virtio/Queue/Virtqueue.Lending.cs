using Vmm.Devices.Doorbells;

namespace Vmm.Devices.Virtio.Queue;

/// <content>
/// Lending the rings to somebody who uses them in the device's place. Meanwhile the queue is empty for the device, and counts as one
/// chain in flight: a reset or a hold waits until it was taken back.
/// </content>
public sealed partial class Virtqueue
{
    /// <summary>Whether somebody else uses the rings.</summary>
    public bool IsLent { get; private set; }

    /// <summary>Whether it can be lent: live, with nothing in flight, and everything that was given back published.</summary>
    public bool CanBeLent => MayAnnounce && InFlight == 0 && !HasUnpublished;

    /// <summary>Lends it.</summary>
    /// <param name="doorbell">What its notifications ring.</param>
    /// <exception cref="InvalidOperationException">It cannot be lent: a defect of the device.</exception>
    public LentQueue Lend(IDoorbellTarget doorbell)
    {
        if (!CanBeLent)
            throw new InvalidOperationException($"queue {Index} cannot be lent: {InFlight} chains in flight");
        IsLent = true;
        InFlight++;
        (nint descriptors, nint avail, nint used) = _ring.Places;
        return new LentQueue(descriptors, avail, used, _ring.Size, _nextAvail, doorbell);
    }

    /// <summary>Takes it back: who had it touches the rings no more, and has completed all that it took.</summary>
    /// <param name="next">The index of the chain that comes next.</param>
    public void TakeBack(ushort next)
    {
        if (!IsLent)
            throw new InvalidOperationException($"queue {Index} is not lent");
        IsLent = false;
        InFlight--;
        _nextAvail = _nextUsed = _publishedUsed = _signalledUsed = next;
    }
}
