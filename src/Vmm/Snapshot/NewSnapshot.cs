using Vmm.Host;
using Vmm.Machine.Config;

namespace Vmm.Snapshot;

/// <summary>
/// A snapshot that is being written: a hidden folder beside the place where it will be. It appears there whole or not at
/// all, and what was there before is gone only then.
/// </summary>
internal sealed class NewSnapshot : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private const uint MemoryMode = 0b110_000_000;

    private readonly string _target;
    private readonly Placement.Over _over;
    private bool _done;

    private NewSnapshot(string target, string making, Placement.Over over) => (_target, Folder, _over) = (target, new SnapshotFolder(making), over);

    /// <summary>Where its files go.</summary>
    public SnapshotFolder Folder { get; }

    /// <summary>Begins one.</summary>
    /// <param name="path">Where it will be.</param>
    /// <param name="replace">Whether it may take the place of another snapshot.</param>
    /// <param name="id">The id that it will have, where that is known: what builds upon a snapshot of this id can do so upon the new one.</param>
    /// <exception cref="VmmException">It cannot be there.</exception>
    public static NewSnapshot Begin(string path, bool replace, Guid? id = null)
    {
        Placement.Over over = CheckPlace(path, replace, id);
        string target = SnapshotFolder.FullPath(path);
        string shown = Printable.Escape(path);
        string parent = Path.GetDirectoryName(target)!;
        SnapshotLeftovers.Sweep(target);
        string making = Path.Combine(parent, HiddenFile.NameFor(target));
        try
        {
            Directory.CreateDirectory(making, OwnerOnly);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new VmmException($"'{shown}' cannot be made: {refused.Message}", cause: refused);
        }
        return new NewSnapshot(target, making, over);
    }

    /// <summary>Looks whether one can be made at a place. Nothing is changed.</summary>
    /// <param name="path">Where it will be.</param>
    /// <param name="replace">Whether it may take the place of another snapshot.</param>
    /// <param name="id">The id that it will have, where that is known: what builds upon a snapshot of this id can do so upon the new one.</param>
    /// <returns>What it finds there.</returns>
    /// <exception cref="VmmException">It cannot be there.</exception>
    public static Placement.Over CheckPlace(string path, bool replace, Guid? id = null)
    {
        string target = SnapshotFolder.FullPath(path);
        string shown = Printable.Escape(path);
        string? parent = Path.GetDirectoryName(target);
        if (!Directory.Exists(parent))
            throw new VmmException($"'{shown}' cannot be made: there is no folder '{Printable.Escape(parent ?? "")}'");
        if (!Path.Exists(target))
            return Placement.Over.Nothing;
        SnapshotFolder there = new(target);
        if (!there.IsReplaceable)
        {
            // Cloud Hypervisor's clients make the folder themselves. A plain rename takes the place of one that is empty, and of no other.
            return IsEmpty(target) ? Placement.Over.Rename : throw new VmmException(Directory.Exists(target) && File.Exists(there.ManifestFile) && there.Strangers is [var stranger, ..]
                ? $"'{shown}' holds more than a snapshot ('{Printable.Escape(stranger)}'), which would be lost: name a folder that does not exist yet"
                : $"'{shown}' exists and is no snapshot: name a folder that does not exist yet");
        }
        if (!replace)
            throw new VmmException($"there is a snapshot '{shown}' already: name another folder, or replace it (--replace)");
        if (FindChild(there, id) is { } child)
            throw new VmmException($"'{shown}' is what the snapshot '{Printable.Escape(child.Path)}' builds upon, which would be lost with it: name another folder, or merge that one into its own place first (vmm snapshots merge)");
        // Exchanged, not removed and made: there is no moment without one.
        return Placement.Over.Exchange;
    }

    /// <summary>Opens its memory file, which is empty, for reading and writing. While it is open, nobody takes the folder for a leftover.</summary>
    /// <exception cref="HostException">It cannot be made.</exception>
    public SafeFd OpenMemory()
    {
        SafeFd fd = SafeFd.Own(Linux.open(Folder.MemoryFile, Linux.O_RDWR | Linux.O_CREAT | Linux.O_CLOEXEC, MemoryMode), $"open of '{Folder.MemoryFile}'");
        SnapshotLeftovers.TryHold(fd);
        return fd;
    }

    /// <summary>Writes one of its small files and syncs it.</summary>
    /// <exception cref="VmmException">The disk is full or broken.</exception>
    public void Write(string file, ReadOnlySpan<byte> content)
    {
        try
        {
            using FileStream stream = new(file, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
            stream.Write(content);
            stream.Flush(flushToDisk: true);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new VmmException($"the snapshot '{Printable.Escape(_target)}' cannot be written: {refused.Message}; nothing was kept of it", cause: refused);
        }
    }

    /// <summary>Puts it in its place. From here on it is there, also after a crash of the host.</summary>
    /// <exception cref="VmmException">It cannot be put there; what was there is still there.</exception>
    public void Commit()
    {
        Sync(Folder.Path);
        // As it was found when this began: what came there since then is not ours to replace.
        try
        {
            Placement.Place(Folder.Path, _target, _over);
        }
        catch (HostException fault)
        {
            throw new VmmException($"the snapshot cannot be put at '{Printable.Escape(_target)}': {fault.Message}; nothing was changed there", cause: fault);
        }
        _done = true;
        Sync(Path.GetDirectoryName(_target)!);
        if (_over == Placement.Over.Exchange)
            Folder.Delete();
    }

    /// <summary>What was not put in its place is removed.</summary>
    public void Dispose()
    {
        if (!_done)
            Delete(Folder.Path);
        _done = true;
    }

    /// <returns>What would be lost when another takes a snapshot's place; null when nothing would.</returns>
    private static SnapshotFolder? FindChild(SnapshotFolder there, Guid? id)
    {
        try
        {
            Guid lost = there.ReadManifest().Id;
            return lost == id ? null : SnapshotChildren.FindBeside(there, lost);
        }
        catch (VmmException)
        {
            // Damaged: nothing can build upon it any more.
            return null;
        }
    }

    private static bool IsEmpty(string path)
    {
        try
        {
            return Directory.Exists(path) && File.ResolveLinkTarget(path, returnFinalTarget: false) is null && !Directory.EnumerateFileSystemEntries(path).Any();
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static void Sync(string folder)
    {
        using SafeFd fd = SafeFd.Own(Linux.open(folder, Linux.O_RDONLY | Linux.O_CLOEXEC, 0), $"open of '{folder}'");
        // EINVAL: a file system that cannot sync folders (some of FUSE) has no more to offer.
        if (Linux.fsync(fd.Number) < 0 && Linux.LastError != Errno.EINVAL)
            throw HostException.Last($"fsync of '{folder}'");
    }

    private static void Delete(string path)
    {
        try
        {
            Directory.Delete(path, recursive: true);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            // Hidden, and of no use to anybody.
        }
    }
}
