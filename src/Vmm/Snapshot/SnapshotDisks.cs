using Vmm.Host;
using Vmm.Machine.Config;
using Vmm.Storage;

namespace Vmm.Snapshot;

/// <summary>
/// Whether a machine's disks are still those of a snapshot. A guest that is brought back has blocks of its disks in memory:
/// with disks that went on without it, it would destroy them.
/// </summary>
internal static class SnapshotDisks
{
    /// <summary>The disks as they are now. No request of the guest's is in flight.</summary>
    /// <exception cref="VmmException">One cannot be looked at.</exception>
    public static IReadOnlyList<SnapshotDisk> Look(MachineConfig config) => [.. config.Disk.Select(disk => Look(disk.Id!, Path.GetFullPath(disk.Path)))];

    /// <summary>Refuses disks that are not as they were.</summary>
    /// <param name="saved">At the time of the snapshot.</param>
    /// <param name="config">The description of the machine that is to use them now.</param>
    /// <param name="trusted">Whether the user says that they were not written since; a disk of another size is another disk all the same.</param>
    /// <exception cref="VmmException">Naming the first that differs, and what to do.</exception>
    public static void Check(IReadOnlyList<SnapshotDisk> saved, MachineConfig config, bool trusted = false)
    {
        foreach (SnapshotDisk before in saved)
        {
            if (config.Disk.FirstOrDefault(disk => disk.Id == before.Id) is not { } disk)
                throw new VmmException($"the snapshot has a disk '{Printable.Escape(before.Id)}', and the description has none");
            SnapshotDisk now = Look(before.Id, Path.GetFullPath(disk.Path));
            // Of a device vmm once noted no size.
            if (Capacity(now) != Capacity(before) && before.Size != 0)
                throw new VmmException($"{before.Id}: '{Printable.Escape(now.Path)}' has {now.Size} bytes, and {before.Size} when the snapshot was taken: it is another disk");
            if (!trusted && now.Path == before.Path && now.ModifiedNanoseconds != before.ModifiedNanoseconds)
            {
                throw new VmmException($"{before.Id}: '{Printable.Escape(now.Path)}' was written after the snapshot was taken, and the guest would destroy it; "
                    + $"name a copy from that time (--disk id={before.Id},path=FILE), or say that it is as it was (--trust-disks)");
            }
        }
    }

    /// <summary>Refuses disks of another size than the source's, or other ones.</summary>
    /// <param name="there">At the source.</param>
    /// <param name="config">The description of the machine that is to use them here.</param>
    /// <exception cref="VmmException">Naming the first that differs.</exception>
    public static void CheckSizes(IReadOnlyList<SnapshotDisk> there, MachineConfig config)
    {
        foreach (SnapshotDisk disk in there)
        {
            if (config.Disk.FirstOrDefault(one => one.Id == disk.Id) is not { } mine)
                throw new VmmException($"the source has a disk '{Printable.Escape(disk.Id)}', and the description has none");
            SnapshotDisk here = Look(disk.Id, Path.GetFullPath(mine.Path));
            if (Capacity(here) != Capacity(disk) && disk.Size != 0)
                throw new VmmException($"{disk.Id}: '{Printable.Escape(here.Path)}' has {here.Size} bytes, and '{Printable.Escape(disk.Path)}' at the source {disk.Size}: it is another disk; name the right one (--disk id={disk.Id},path=FILE)");
        }
    }

    /// <summary>An image that ends within a sector grows to its end when the guest writes there, and is the disk that it was.</summary>
    private static ulong Capacity(SnapshotDisk disk) => ImageFacts.WholeSectors((ulong)disk.Size);

    private static SnapshotDisk Look(string id, string path)
    {
        FileInfo file = new(path);
        if (!file.Exists)
            throw new VmmException($"{id}: there is no file '{Printable.Escape(path)}'");
        return new SnapshotDisk(id, path, ImageSize.Of(path) ?? file.Length, FileTimes.Nanoseconds(file.LastWriteTimeUtc));
    }
}
