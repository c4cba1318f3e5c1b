namespace Vmm.Devices.Backends;

/// <summary>Gives guest RAM back to the host: where a balloon's pages go.</summary>
public interface IMemoryReleaser
{
    /// <summary>The unit of what can be given back, a power of two in bytes: 4 KiB, or a huge page where RAM is made of those.</summary>
    ulong Granularity { get; }

    /// <summary>
    /// Gives a run of RAM back. It stays the guest's address space: the next access finds zeros, in memory that the host
    /// provides anew. May take its time; on the device's event thread, without its lock.
    /// </summary>
    /// <param name="address">Where the run begins in this process, aligned to <see cref="Granularity"/>.</param>
    /// <param name="length">Bytes, a multiple of <see cref="Granularity"/>.</param>
    /// <returns>Whether the host took it. If not, the content is as it was.</returns>
    bool Release(nint address, ulong length);
}
