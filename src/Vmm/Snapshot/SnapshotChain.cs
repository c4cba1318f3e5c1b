using Vmm.Guest.Memory;
using Vmm.Host;
using Vmm.Machine.Config;
using Vmm.Snapshot.Memory;

namespace Vmm.Snapshot;

/// <summary>A snapshot with all that it builds upon, and their memory files open. Each is checked before it is used.</summary>
internal sealed class SnapshotChain : IDisposable
{
    private const int Deepest = 256;

    private readonly List<SafeFd> _open = [];

    private SnapshotChain(IReadOnlyList<SnapshotFolder> folders, IReadOnlyList<SnapshotManifest> manifests) => (Folders, Manifests) = (folders, manifests);

    /// <summary>The folders, the oldest first.</summary>
    public IReadOnlyList<SnapshotFolder> Folders { get; }

    /// <summary>Their manifests.</summary>
    public IReadOnlyList<SnapshotManifest> Manifests { get; }

    /// <summary>Their memory, as one.</summary>
    public MemoryLayers Layers { get; private set; } = null!;

    /// <summary>Opens a chain.</summary>
    /// <param name="folder">The newest.</param>
    /// <param name="verify">Read every memory file, also those that look as they were left.</param>
    /// <param name="progress">Told how much of a file is read: its folder, bytes of RAM.</param>
    /// <param name="newest">The newest's manifest, where it has been read already.</param>
    /// <exception cref="VmmException">A part is missing, damaged or another's.</exception>
    public static SnapshotChain Open(SnapshotFolder folder, bool verify = false, Action<SnapshotFolder, ulong>? progress = null, SnapshotManifest? newest = null)
    {
        (List<SnapshotFolder> folders, List<SnapshotManifest> manifests) = Follow(folder, newest);
        SnapshotChain chain = new(folders, manifests);
        try
        {
            chain.OpenMemory(verify, progress);
            return chain;
        }
        catch
        {
            chain.Dispose();
            throw;
        }
    }

    /// <summary>The folders of a snapshot and of all that it builds upon, the oldest first; of their memory nothing is looked at but whether it is there.</summary>
    /// <exception cref="VmmException">One is missing, damaged or another's.</exception>
    public static IReadOnlyList<SnapshotFolder> FoldersOf(SnapshotFolder folder)
    {
        List<SnapshotFolder> folders = Follow(folder, newest: null).Folders;
        return folders.Find(part => !File.Exists(part.MemoryFile)) is { } torn
            ? throw new VmmException($"{torn.MemoryFile}: there is no such file: the snapshot is not whole")
            : folders;
    }

    private static (List<SnapshotFolder> Folders, List<SnapshotManifest> Manifests) Follow(SnapshotFolder folder, SnapshotManifest? newest)
    {
        List<SnapshotFolder> folders = [];
        List<SnapshotManifest> manifests = [];
        for (Guid? wanted = null; ;)
        {
            SnapshotManifest manifest = wanted is null && newest is not null ? newest : folder.ReadManifest();
            if (wanted is { } id && manifest.Id != id)
                throw new VmmException($"'{Printable.Escape(folder.Path)}' is not the snapshot that '{Printable.Escape(folders[^1].Path)}' builds upon, but another");
            if (folders.Count == Deepest)
                throw new VmmException($"'{Printable.Escape(folders[0].Path)}' builds upon more than {Deepest} snapshots: merge them (vmm snapshots merge)");
            folders.Add(folder);
            manifests.Add(manifest);
            if ((manifest.Kind == SnapshotKind.Full) != (manifest.Parent is null) || (manifest.Parent is null) != (manifest.Memory.Pages is null))
                throw new VmmException($"{folder.ManifestFile}: a full snapshot has no parent and all pages, an incremental one a parent and some: it is damaged");
            if (manifest.Parent is not { } parent)
                break;
            wanted = parent.Id;
            folder = folder.Parent(parent);
        }
        folders.Reverse();
        manifests.Reverse();
        return (folders, manifests);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (SafeFd file in _open)
            file.Dispose();
    }

    private void OpenMemory(bool verify, Action<SnapshotFolder, ulong>? progress)
    {
        ulong size = Manifests[^1].Memory.Size;
        if (size == 0 || size % DirtyBitmap.PageSize != 0 || size > MachineLimits.LargestRam)
            throw new VmmException($"{Folders[^1].ManifestFile}: memory.size: {size} is no size of a machine's memory");
        List<MemoryLayer> layers = [];
        for (int i = 0; i < Folders.Count; i++)
        {
            SnapshotFolder folder = Folders[i];
            SnapshotMemory memory = Manifests[i].Memory;
            if (memory.Size != size)
                throw new VmmException($"{folder.ManifestFile}: memory.size: {memory.Size} bytes, where the snapshot that builds upon it has {size}");
            if (memory.Chunk != MemoryChunks.Size)
                throw new VmmException($"{folder.ManifestFile}: memory.chunk: this vmm knows sums of {MemoryChunks.Size} bytes, not of {memory.Chunk}");
            DirtyBitmap? pages = null;
            if (memory.Pages is not null && (pages = memory.TryReadPages()) is null)
                throw new VmmException($"{folder.ManifestFile}: memory.pages: they are not those of {size} bytes");
            int fd = Linux.open(folder.MemoryFile, Linux.O_RDONLY | Linux.O_CLOEXEC | Linux.O_NOCTTY | Linux.O_NONBLOCK, 0);
            if (fd < 0)
                throw new VmmException($"{folder.MemoryFile}: {HostException.Last("open").Message}: the snapshot is not whole");
            _open.Add(new SafeFd(fd));
            SparseFile file = new(_open[^1], folder.MemoryFile);
            // One that was copied has another time: then its content has to tell.
            if (verify || FileTimes.Of(folder.MemoryFile) != memory.ModifiedNanoseconds)
                MemoryFileVerifier.Verify(file, size, memory.Sums, pages, progress is null ? null : done => progress(folder, done));
            layers.Add(new MemoryLayer(file, pages));
        }
        Layers = new MemoryLayers(layers, size);
    }
}
