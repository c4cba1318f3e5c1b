using Vmm.Devices.Backends;

namespace Vmm.Storage;

/// <summary>What opening an image found out.</summary>
internal sealed record ImageFacts
{
    /// <summary>As the user named it.</summary>
    public required string Path { get; init; }

    /// <summary>Bytes in the file or on the device.</summary>
    public required ulong Size { get; init; }

    /// <summary>Opened without write permission.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Opened with O_DIRECT.</summary>
    public bool Direct { get; init; }

    /// <summary>A block device, not a regular file.</summary>
    public bool IsBlockDevice { get; init; }

    /// <summary>On tmpfs or the like: no request waits for a device.</summary>
    public bool IsMemoryBacked { get; init; }

    /// <summary>Holes can be punched: discards are possible.</summary>
    public bool CanPunchHoles { get; init; }

    /// <summary>O_DIRECT: offsets and lengths are multiples of this.</summary>
    public uint OffsetAlignment { get; init; } = 1;

    /// <summary>O_DIRECT: buffers start at multiples of this.</summary>
    public uint MemoryAlignment { get; init; } = 1;

    /// <summary>Block sizes for the guest.</summary>
    public BlockLimits Limits { get; init; } = new();

    /// <summary>
    /// The disk's size for the guest: rounded up to whole sectors. The bytes past the end of a file read as zeros; the
    /// first write to the last sector makes the file that long.
    /// </summary>
    public ulong Capacity => WholeSectors(Size);

    /// <summary>A size in bytes, rounded up to whole sectors.</summary>
    public static ulong WholeSectors(ulong size) => (size + (BlockLimits.SectorSize - 1)) & ~(ulong)(BlockLimits.SectorSize - 1);
}
