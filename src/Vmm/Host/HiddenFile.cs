namespace Vmm.Host;

/// <summary>
/// A file that is being made: without a name, so that it goes with the process that makes it, however that ends; under a hidden name on
/// file systems that have only files with names (O_TMPFILE, Linux 3.11, of which NFS and 9p know nothing).
/// </summary>
internal sealed class HiddenFile : IDisposable
{
    private const uint OwnerOnly = 0x180;

    private readonly bool _hasName;

    private HiddenFile(string path, SafeFd fd, bool hasName) => (Path, Fd, _hasName) = (path, fd, hasName);

    /// <summary>Its name, when it has one: beside the place where it is to be.</summary>
    public string Path { get; }

    /// <summary>It, to read and write.</summary>
    public SafeFd Fd { get; }

    /// <summary>A hidden name for what is to be at a place, in the same folder.</summary>
    public static string NameFor(string target) => $".{System.IO.Path.GetFileName(target)}.{System.IO.Path.GetRandomFileName()}";

    /// <summary>Makes one.</summary>
    /// <param name="target">The place where it is to be, in a folder that there is.</param>
    /// <exception cref="HostException">The file system refuses.</exception>
    public static HiddenFile Make(string target)
    {
        string folder = System.IO.Path.GetDirectoryName(target) ?? "/";
        string name = System.IO.Path.Combine(folder, NameFor(target));
        int unnamed = Linux.open(folder, Linux.O_RDWR | Linux.O_TMPFILE | Linux.O_CLOEXEC, OwnerOnly);
        if (unnamed >= 0)
            return new HiddenFile(name, new SafeFd(unnamed), hasName: false);
        return new HiddenFile(name, SafeFd.Own(Linux.open(name, Linux.O_RDWR | Linux.O_CREAT | Linux.O_EXCL | Linux.O_CLOEXEC, OwnerOnly), "open"), hasName: true);
    }

    /// <summary>Gives it its hidden name, from which it is moved to its place.</summary>
    /// <exception cref="HostException">The file system refuses.</exception>
    public void Name()
    {
        if (!_hasName && Linux.linkat(Linux.AT_FDCWD, $"/proc/self/fd/{Fd.Number}", Linux.AT_FDCWD, Path, Linux.AT_SYMLINK_FOLLOW) < 0)
            throw HostException.Last("linkat");
    }

    /// <summary>Closes it, and takes its hidden name away if it is still there.</summary>
    public void Dispose()
    {
        Fd.Dispose();
        try
        {
            File.Delete(Path);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            // Hidden, and of no use to anybody.
        }
    }
}
