using Vmm.Devices.Backends;
using Vmm.Host;
using Vmm.Machine.Config;

namespace Vmm.Logging;

/// <summary>What is said of a disk that the host fails: it is full, it was cut short, it is broken.</summary>
internal static class DiskTrouble
{
    /// <summary>Says it. Limited like all that a guest can cause: it may try as often as it likes.</summary>
    /// <param name="log">Where to.</param>
    /// <param name="disk">The disk's id.</param>
    /// <param name="path">Its image.</param>
    /// <param name="operation">What it was to do.</param>
    /// <param name="errno">What the host said; none when the image is shorter than when it was opened.</param>
    public static void Tell(DeviceLog log, string disk, string path, BlockOperation operation, Errno errno) =>
        log.DiskFailed(disk, Doing(operation), Printable.Escape(path), errno == Errno.None ? "it is shorter than when it was opened: somebody has cut it" : FileFault.Why(errno));

    private static string Doing(BlockOperation operation) => operation switch
    {
        BlockOperation.Read => "reading",
        BlockOperation.Write => "writing",
        BlockOperation.Flush => "making durable what was written to",
        BlockOperation.Discard => "discarding a part of",
        _ => "zeroing a part of",
    };
}
