using System.Buffers;
using Vmm.Host;

namespace Vmm.Snapshot;

/// <summary>
/// Hidden folders (<see cref="HiddenFile.NameFor"/>) in which a snapshot was being made when its process was killed. Who makes one keeps its memory file locked;
/// the next that is made at the same place sweeps those whose maker is gone.
/// </summary>
internal static unsafe class SnapshotLeftovers
{
    private const int RandomLength = 12;
    private const int RandomDot = 8;

    /// <summary>Between the folder and its lock there is a moment.</summary>
    private static readonly TimeSpan s_youngest = TimeSpan.FromMinutes(1);

    /// <summary>Keeps others from taking a snapshot for a leftover, as far as its file system can lock.</summary>
    /// <param name="memory">Its memory file, open for writing.</param>
    /// <returns>False when somebody else makes it, or nobody can tell.</returns>
    public static bool TryHold(SafeFd memory)
    {
        Linux.flock whole = new() { l_type = Linux.F_WRLCK };
        return Linux.fcntl(memory.Number, Linux.F_OFD_SETLK, (nint)(&whole)) == 0;
    }

    /// <summary>Removes what is left of earlier attempts.</summary>
    /// <param name="target">Where the snapshot was to be.</param>
    public static void Sweep(string target)
    {
        string start = $".{Path.GetFileName(target)}.";
        try
        {
            foreach (string folder in Directory.EnumerateDirectories(Path.GetDirectoryName(target)!, start + "*", new EnumerationOptions { MatchType = MatchType.Simple, AttributesToSkip = FileAttributes.None }))
            {
                if (IsOurForm(Path.GetFileName(folder).AsSpan(start.Length)) && DateTime.UtcNow - Directory.GetLastWriteTimeUtc(folder) > s_youngest)
                    Remove(new SnapshotFolder(folder));
            }
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            // Not ours to look at: then there is nothing of ours either.
        }
    }

    /// <summary>As Path.GetRandomFileName makes it: abcdefgh.ijk.</summary>
    private static bool IsOurForm(ReadOnlySpan<char> name) =>
        name.Length == RandomLength && name[RandomDot] == '.' && name.IndexOfAnyExcept(SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789.")) < 0;

    private static void Remove(SnapshotFolder folder)
    {
        int number = Linux.open(folder.MemoryFile, Linux.O_RDWR | Linux.O_CLOEXEC | Linux.O_NOFOLLOW | Linux.O_NONBLOCK, 0);
        if (number < 0 && Linux.LastError != Errno.ENOENT)
            return;
        using SafeFd? memory = number < 0 ? null : new SafeFd(number);
        if (memory is null || TryHold(memory))
            folder.Delete();
    }
}
