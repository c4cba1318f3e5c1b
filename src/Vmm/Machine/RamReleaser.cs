using Vmm.Devices.Backends;
using Vmm.Host;

namespace Vmm.Machine;

/// <summary>
/// Gives guest RAM back to the host: anonymous memory with MADV_DONTNEED; a memfd by punching a hole into it, for its pages
/// belong to the file, however many processes map it; where RAM is mapped from a file of a snapshot, by laying zeros over it, for
/// the file's content would come back. What is not guest RAM is never touched.
/// </summary>
internal sealed class RamReleaser(GuestRam ram) : IMemoryReleaser
{
    /// <inheritdoc/>
    public ulong Granularity => ram.PageSize;

    /// <inheritdoc/>
    public bool Release(nint address, ulong length)
    {
        ulong offset = unchecked((ulong)(address - ram.Start));
        if (ram.KeepsPages || offset > ram.Length || length > ram.Length - offset || ((offset | length) & (Granularity - 1)) != 0)
            return false;
        bool released = ram.File is { } file ? PunchHole(file, offset, length)
            : ram.IsMappedFromFile ? ram.TryOverlay(null, offset, length)
            : Linux.madvise(address, (nuint)length, Linux.MADV_DONTNEED) == 0;
        // Its content changed, and nobody else knows.
        if (released)
            ram.Memory.MarkWritten(address, length);
        return released;
    }

    private static bool PunchHole(SafeFd file, ulong offset, ulong length)
    {
        int result;
        do
        {
            result = Linux.fallocate(file.Number, Linux.FALLOC_FL_PUNCH_HOLE | Linux.FALLOC_FL_KEEP_SIZE, (long)offset, (long)length);
        }
        while (result < 0 && Linux.Interrupted);
        return result == 0;
    }
}
