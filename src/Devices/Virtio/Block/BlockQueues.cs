namespace Vmm.Devices.Virtio.Block;

/// <summary>The request queues of a disk.</summary>
/// <param name="Count">How many; a Linux guest uses one a vCPU, as far as they go.</param>
/// <param name="Size">Descriptors in each, a power of two.</param>
public readonly record struct BlockQueues(int Count, ushort Size)
{
    /// <summary>Descriptors in a queue when nobody says otherwise.</summary>
    public const ushort DefaultSize = 256;

    /// <summary>Fewer have no room for a request: header, data and status.</summary>
    public const ushort SmallestSize = 4;

    /// <summary>One queue of the usual size.</summary>
    public static readonly BlockQueues Single = new(1, DefaultSize);
}
