namespace Vmm.Devices.Backends;

/// <summary>What a guest should know of a disk to use it well. All in bytes.</summary>
public readonly record struct BlockLimits
{
    /// <summary>The unit of all addressing on the wire: a request's offset and length are multiples of it.</summary>
    public const uint SectorSize = 512;

    /// <summary>Takes the defaults of a plain file.</summary>
    public BlockLimits()
    {
    }

    /// <summary>The block size that the guest is told. Smaller requests still work, more slowly.</summary>
    public uint LogicalBlockSize { get; init; } = SectorSize;

    /// <summary>The size below which a write costs a read of its surroundings; a multiple of <see cref="LogicalBlockSize"/> by a power of two.</summary>
    public uint PhysicalBlockSize { get; init; } = SectorSize;

    /// <summary>The granularity that discards should keep to, a multiple of <see cref="SectorSize"/>.</summary>
    public uint DiscardGranularity { get; init; } = SectorSize;
}
