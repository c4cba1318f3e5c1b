namespace Vmm.Snapshot.Memory;

/// <summary>Where pages of RAM come from that a guest waits for.</summary>
internal interface IPageSource
{
    /// <summary>Reads pages, or asks for them.</summary>
    /// <param name="offset">The first byte, in RAM.</param>
    /// <param name="destination">Whole pages.</param>
    /// <returns>
    /// False when they are not at hand: they were asked for, before any others, and will be placed
    /// (<see cref="PageServer.Place"/>) by whoever gets them. It is not called again for them.
    /// </returns>
    bool TryRead(ulong offset, Span<byte> destination);
}
