namespace Vmm.Devices.Virtio.Vsock;

/// <summary>
/// Shares out how much may be held for the hosts of all connections together: the first get as much as Linux holds for a
/// socket of its own, and the more there are, the less a new one gets, but never nothing.
/// </summary>
internal sealed class VsockWindows
{
    /// <summary>The most that one connection gets.</summary>
    public const uint Largest = 256 << 10;

    /// <summary>What every connection gets.</summary>
    public const uint Smallest = 8 << 10;

    /// <summary>What there is to share beyond that.</summary>
    public const uint Shared = 32 << 20;

    /// <summary>A connection gets one in so many of what is left.</summary>
    private const uint Share = 64;

    private uint _left = Shared;

    /// <summary>Says what may be held for a new connection.</summary>
    public uint Take()
    {
        uint more = Math.Min(_left / Share, Largest - Smallest) / Smallest * Smallest;
        _left -= more;
        return Smallest + more;
    }

    /// <summary>A connection that had so much is gone.</summary>
    public void GiveBack(uint window) => _left += window - Smallest;

    /// <summary>All connections are gone.</summary>
    public void GiveAllBack() => _left = Shared;
}
