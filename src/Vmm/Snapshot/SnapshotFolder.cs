using System.Text;
using System.Text.Json;
using Vmm.Host;
using Vmm.Machine.Config;

namespace Vmm.Snapshot;

/// <summary>A snapshot on disk: a folder with a manifest, the state of processors and devices, and a memory file that can be mapped as it is.</summary>
/// <param name="path">The folder.</param>
internal sealed class SnapshotFolder(string path)
{
    /// <summary>What the manifest's first line calls it.</summary>
    public const string ManifestKind = "snapshot";

    /// <summary>The version of manifests that are written.</summary>
    public const int ManifestVersion = 1;

    private const int LargestManifest = 64 << 20;

    /// <summary>The folder.</summary>
    public string Path { get; } = FullPath(path);

    /// <summary>What the snapshot is.</summary>
    public string ManifestFile => System.IO.Path.Combine(Path, "manifest");

    /// <summary>Processors and devices.</summary>
    public string StateFile => System.IO.Path.Combine(Path, "state");

    /// <summary>The guest's RAM, page by page at its offset.</summary>
    public string MemoryFile => System.IO.Path.Combine(Path, "memory");

    /// <summary>Whether there is a snapshot.</summary>
    public bool Exists => File.Exists(ManifestFile);

    /// <summary>Whether there is a snapshot, whole or not, and nothing that no snapshot has: what a new one may take the place of.</summary>
    public bool IsReplaceable => HasManifest() && Strangers.Count == 0;

    /// <summary>The names of what is in the folder and belongs to no snapshot.</summary>
    public IReadOnlyList<string> Strangers => [.. Directory.EnumerateFileSystemEntries(Path).Where(entry => !Files.Contains(entry, StringComparer.Ordinal)).Select(entry => System.IO.Path.GetFileName(entry))];

    private string[] Files => [ManifestFile, StateFile, MemoryFile];

    /// <summary>Where a folder of a snapshot is, as an absolute path.</summary>
    /// <exception cref="VmmException">It cannot be one.</exception>
    public static string FullPath(string path) =>
        path.Length == 0 ? throw new VmmException("a snapshot's folder has no name: give a path", ExitCodes.Usage)
        : path.Contains('\0', StringComparison.Ordinal) ? throw new VmmException($"'{Printable.Escape(path)}' cannot be a snapshot's folder: it holds a NUL character", ExitCodes.Usage)
        : System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));

    /// <summary>Whether it is the very folder that another is, by whatever name.</summary>
    public unsafe bool IsSameAs(SnapshotFolder other)
    {
        Linux.statx_data mine = default, its = default;
        return Linux.statx(Linux.AT_FDCWD, Path, 0, Linux.STATX_BASIC_STATS, &mine) == 0
            && Linux.statx(Linux.AT_FDCWD, other.Path, 0, Linux.STATX_BASIC_STATS, &its) == 0
            && (mine.stx_ino, mine.stx_dev_major, mine.stx_dev_minor) == (its.stx_ino, its.stx_dev_major, its.stx_dev_minor);
    }

    /// <summary>Removes the snapshot's files, and the folder unless there is something else in it.</summary>
    public void Delete()
    {
        try
        {
            foreach (string file in Files)
                File.Delete(file);
            Directory.Delete(Path);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            // Whose place was taken already, and of no use to anybody; or there is what is not ours.
        }
    }

    /// <summary>The manifest as bytes.</summary>
    public static byte[] Write(SnapshotManifest manifest) =>
        SealedText.Seal(ManifestKind, ManifestVersion, JsonSerializer.SerializeToUtf8Bytes(manifest, SnapshotJson.Default.SnapshotManifest));

    /// <summary>Reads the manifest.</summary>
    /// <exception cref="VmmException">There is none, or it is damaged, foreign or newer.</exception>
    public SnapshotManifest ReadManifest()
    {
        ReadOnlyMemory<byte> json = SealedText.Open(ReadFile(ManifestFile, LargestManifest), ManifestKind, ManifestVersion, ManifestFile, out _);
        try
        {
            SnapshotManifest manifest = SnapshotText.Read(json.Span, SnapshotJson.Default.SnapshotManifest) ?? throw new VmmException($"{ManifestFile}: null is no manifest");
            CheckPaths(manifest);
            return manifest;
        }
        catch (JsonException wrong)
        {
            throw new VmmException($"{ManifestFile}: {wrong.Message}", cause: wrong);
        }
    }

    /// <summary>Reads the state of processors and devices, and checks that it is the manifest's.</summary>
    /// <exception cref="VmmException">It is missing, damaged, foreign or newer, or another snapshot's.</exception>
    public State.SavedState ReadState(SnapshotManifest manifest)
    {
        byte[] bytes = ReadFile(StateFile, State.StateFile.LargestSize);
        if (SealedText.SumOf(bytes) != manifest.State)
            throw new VmmException($"{StateFile}: this is not the state that the manifest beside it was written with: the snapshot is damaged");
        return State.StateFile.Read(bytes, StateFile);
    }

    /// <summary>The machine's description, resolved.</summary>
    /// <exception cref="VmmException">It is none that this vmm knows.</exception>
    public MachineConfig ReadConfig(SnapshotManifest manifest)
    {
        string where = $"{ManifestFile} (config)";
        try
        {
            return MachineConfigResolver.Resolve(MachineConfigFile.FromText(where, manifest.Config.GetRawText()).Config);
        }
        catch (MachineConfigException wrong)
        {
            throw new VmmException($"{where}: {wrong.Message}", cause: wrong);
        }
    }

    /// <summary>The folder of an incremental snapshot's parent.</summary>
    public SnapshotFolder Parent(SnapshotParent parent) => new(System.IO.Path.Combine(Path, parent.Path));

    /// <summary>What its files take on disk, in bytes; holes in them take nothing.</summary>
    public unsafe long CountDiskBytes()
    {
        long bytes = 0;
        foreach (string file in Files)
        {
            Linux.statx_data status = default;
            if (Linux.statx(Linux.AT_FDCWD, file, 0, Linux.STATX_BASIC_STATS, &status) == 0)
                bytes += (long)status.stx_blocks * Linux.StatBlock;
        }
        return bytes;
    }

    private bool HasManifest()
    {
        Span<byte> start = stackalloc byte[SealedText.Start(ManifestKind).Length];
        try
        {
            using FileImageSource source = FileImageSource.Open("snapshot", ManifestFile);
            return source.Read(0, start) == start.Length && Encoding.ASCII.GetString(start) == SealedText.Start(ManifestKind);
        }
        catch (VmmException)
        {
            return false;
        }
    }

    private void CheckPaths(SnapshotManifest manifest)
    {
        if (manifest.Disks.Any(disk => disk is null))
            throw new VmmException($"{ManifestFile}: disks: null is no disk");
        if (manifest.Parent?.Path is { } path && (path.Length == 0 || path.Contains('\0')))
            throw new VmmException($"{ManifestFile}: parent.path: '{Printable.Escape(path)}' is no path");
    }

    private byte[] ReadFile(string file, int largest)
    {
        try
        {
            // Only a regular file: a FIFO of that name would be waited for.
            using FileImageSource source = FileImageSource.Open("snapshot", file);
            if (source.Length > (ulong)largest)
                throw new VmmException($"{source.Length} bytes are more than {file} can have");
            byte[] content = new byte[source.Length];
            return source.Read(0, content) == content.Length ? content : throw new VmmException($"{file} became shorter while it was read");
        }
        catch (VmmException wrong)
        {
            throw new VmmException(Directory.Exists(Path)
                ? $"'{Printable.Escape(Path)}' is no snapshot: {wrong.Message}"
                : $"there is no snapshot '{Printable.Escape(Path)}'", cause: wrong);
        }
    }
}
