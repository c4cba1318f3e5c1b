namespace Vmm.Guest.Memory;

/// <summary>
/// Makes guest RAM present before this process touches it: while pages come from elsewhere on demand, or are saved before
/// they are written, a touch would wait for another thread of ours, and managed code must not wait in a page fault.
/// </summary>
public interface IPageAwaiter
{
    /// <summary>Returns when pages can be touched without waiting. What happens to them afterwards does not undo that.</summary>
    /// <param name="host">Where they are.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="write">Whether they will be written.</param>
    void Await(nint host, ulong length, bool write);
}
