using System.Runtime.CompilerServices;

namespace Vmm.Guest.Memory;

/// <content>RAM whose pages are not all there, or not all to be written yet.</content>
public sealed unsafe partial class GuestMemory
{
    private IPageAwaiter? _awaiter;

    /// <summary>
    /// Has every access by way of this class, and every pointer that it gives out, wait for the pages first. Pointers that were
    /// given out before are the caller's affair: devices are at rest when this begins, and look theirs up again
    /// (<see cref="Await"/>) when they go on.
    /// </summary>
    /// <param name="awaiter">Null when all pages can be touched again.</param>
    public void AwaitPagesBy(IPageAwaiter? awaiter)
    {
        Volatile.Write(ref _awaiter, awaiter);
        WatchChanged?.Invoke();
    }

    /// <summary>Waits for pages that are about to be touched through a pointer that was found earlier. Costs a comparison when there is nothing to wait for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Await(nint host, ulong length, bool write) => Volatile.Read(ref _awaiter)?.Await(host, length, write);
}
