using Vmm.Devices.Doorbells;

namespace Vmm.Devices.Backends;

/// <summary>The host end of a disk: where a block device's requests go.</summary>
/// <remarks>
/// Requests may be under way side by side and may complete in any order. Two that touch the same bytes have no order
/// unless one was completed before the other was submitted, as with a real disk.
/// </remarks>
public interface IBlockBackend
{
    /// <summary>Size in bytes, a multiple of <see cref="BlockLimits.SectorSize"/>.</summary>
    ulong Capacity { get; }

    /// <summary>Block sizes and granularities.</summary>
    BlockLimits Limits { get; }

    /// <summary>Whether only reads and flushes are possible.</summary>
    bool ReadOnly { get; }

    /// <summary>Whether <see cref="BlockOperation.Discard"/> does anything.</summary>
    bool CanDiscard { get; }

    /// <summary>A serial number that stays the same as long as the disk does; ASCII, at most 20 characters are shown to a guest.</summary>
    string Identity { get; }

    /// <summary>Takes a request. <see cref="BlockRequest.Complete"/> is called exactly once, on any thread, perhaps before this returns.</summary>
    /// <param name="request">
    /// Checked by the caller: within <see cref="Capacity"/>, in whole sectors, no write when <see cref="ReadOnly"/>.
    /// The back end owns it, and the memory its segments name, until it completes it.
    /// </param>
    /// <param name="mayBlock">
    /// True when the caller has nothing else to do until this request is done: the back end may then use the caller's
    /// thread, even if that sleeps. Else it must not sleep here.
    /// </param>
    void Submit(BlockRequest request, bool mayBlock);

    /// <summary>
    /// Starts what was submitted since the last call: a back end may save requests up, to give the host many at once.
    /// On the thread that submits. Completes what is done already.
    /// </summary>
    void Commit()
    {
    }

    /// <summary>Completes what is done, on the caller's thread, which is the one that submits.</summary>
    void Poll()
    {
    }

    /// <summary>Names whom to ring, on the thread that submits, when <see cref="Poll"/> has something to do. Once, before the first request.</summary>
    void Announce(IDoorbellTarget target)
    {
    }
}
