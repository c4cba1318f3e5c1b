using Vmm.Host;
using Vmm.Machine;
using Vmm.Machine.Config;
using Vmm.Snapshot.Memory;

namespace Vmm.Snapshot;

/// <summary>Makes a full snapshot of one that builds upon others, which stay as they are. It is the same moment: it keeps the id, and what builds upon the one can be moved to the other.</summary>
internal static class SnapshotMerger
{
    /// <summary>Merges.</summary>
    /// <param name="from">The newest of the chain.</param>
    /// <param name="to">Where the full one is to be, as an absolute path.</param>
    /// <param name="replace">Whether it may take the place of another.</param>
    /// <param name="stopIfUnwanted">Called now and then until it is put in its place; what it throws gives it up. Null for nothing.</param>
    /// <exception cref="VmmException">A part is damaged, it cannot be written, or it was given up: nothing is left of it.</exception>
    public static void Merge(SnapshotFolder from, string to, bool replace, Action? stopIfUnwanted = null)
    {
        using SnapshotChain chain = SnapshotChain.Open(from, progress: (_, _) => stopIfUnwanted?.Invoke());
        SnapshotManifest manifest = chain.Manifests[^1];
        SnapshotFolder place = new(to);
        // The newest may go: what it builds upon stays as it is.
        if (chain.Folders.SkipLast(1).FirstOrDefault(place.IsSameAs) is not null)
            throw new VmmException($"'{Printable.Escape(to)}' is a part of what '{Printable.Escape(from.Path)}' builds upon, and others may, too: name another folder");
        from.ReadState(manifest);
        using NewSnapshot making = NewSnapshot.Begin(to, replace, manifest.Id);
        // Mapped, not read: the writer takes what it finds page by page.
        using GuestRam ram = RamLoader.Map(chain.Layers);
        MemoryFileSums sums;
        using (SafeFd fd = making.OpenMemory())
        {
            SparseFile file = new(fd, making.Folder.MemoryFile);
            sums = MemoryFileWriter.Write(ram, file, progress: _ => stopIfUnwanted?.Invoke());
            file.Sync();
        }
        making.Write(making.Folder.StateFile, File.ReadAllBytes(from.StateFile));
        making.Write(making.Folder.ManifestFile, SnapshotFolder.Write(manifest with
        {
            Kind = SnapshotKind.Full,
            Parent = null,
            Memory = manifest.Memory with { Pages = null, Sums = sums.ToBytes(), ModifiedNanoseconds = FileTimes.Of(making.Folder.MemoryFile) },
        }));
        // To bring it all to the storage may have taken long.
        stopIfUnwanted?.Invoke();
        making.Commit();
    }
}
