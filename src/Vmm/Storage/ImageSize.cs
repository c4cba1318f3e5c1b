using Vmm.Host;

namespace Vmm.Storage;

/// <summary>How large a device of the host is, of which no file attribute tells.</summary>
internal static unsafe class ImageSize
{
    /// <summary>Looks.</summary>
    /// <param name="path">The device.</param>
    /// <returns>Bytes; null for what is no block device, or closed to us.</returns>
    public static long? Of(string path)
    {
        int number = Linux.open(path, Linux.O_RDONLY | Linux.O_CLOEXEC | Linux.O_NONBLOCK | Linux.O_NOCTTY, 0);
        if (number < 0)
            return null;
        using SafeFd fd = new(number);
        ulong size = 0;
        // Anything else has no such call.
        return Linux.ioctl(fd.Number, Linux.BLKGETSIZE64, (nint)(&size)) == 0 ? (long)size : null;
    }
}
