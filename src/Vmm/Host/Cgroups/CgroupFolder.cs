using System.Text;

namespace Vmm.Host.Cgroups;

/// <summary>One cgroup of version 2: a folder whose files steer it (the kernel's admin-guide/cgroup-v2).</summary>
/// <param name="path">The folder.</param>
internal sealed unsafe class CgroupFolder(string path)
{
    private const int LargestFile = 4096;
    private const uint FolderMode = 0x1ed; // 0755

    /// <summary>The folder.</summary>
    public string Path { get; } = path;

    /// <summary>The words of one of its files; none when it is not there.</summary>
    public string[] Words(string file)
    {
        byte[] text = new byte[LargestFile];
        int length = ProcFile.Read($"{Path}/{file}", text);
        return Encoding.UTF8.GetString(text, 0, length).Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>Writes one of its files.</summary>
    /// <returns>Why the kernel refused.</returns>
    public Errno Write(string file, string text)
    {
        int fd = Linux.open($"{Path}/{file}", Linux.O_WRONLY | Linux.O_CLOEXEC, 0);
        if (fd < 0)
            return Linux.LastError;
        using SafeFd open = new(fd);
        using SafeFd opened = new(fd);
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        fixed (byte* start = bytes)
            return Linux.write(fd, start, (nuint)bytes.Length) < 0 ? Linux.LastError : Errno.None;
    }

    /// <summary>Makes it.</summary>
    public Errno Create() => Linux.mkdir(Path, FolderMode) < 0 ? Linux.LastError : Errno.None;

    /// <summary>Removes it, which the kernel allows only when no process and no other cgroup is in it.</summary>
    public Errno Remove() => Linux.rmdir(Path) < 0 ? Linux.LastError : Errno.None;

    /// <summary>Moves this process into it, all threads at once.</summary>
    public Errno MoveHere() => Write("cgroup.procs", "0");

    /// <summary>Sees to it that cgroups below it can have these controllers.</summary>
    /// <param name="controllers">Such as <c>cpu</c>.</param>
    /// <param name="missing">The first that is not to be had here at all.</param>
    /// <returns>Why the kernel refused; with <paramref name="missing"/> it was not asked.</returns>
    public Errno Enable(IReadOnlyList<string> controllers, out string? missing)
    {
        string[] offered = Words("cgroup.controllers");
        missing = controllers.FirstOrDefault(name => !offered.Contains(name));
        if (missing is not null)
            return Errno.None;
        string[] enabled = Words("cgroup.subtree_control");
        string[] lacking = [.. controllers.Where(name => !enabled.Contains(name))];
        return lacking.Length == 0 ? Errno.None : Write("cgroup.subtree_control", string.Join(' ', lacking.Select(name => "+" + name)));
    }

    /// <summary>Removes the cgroups in it that a vmm left behind which was killed.</summary>
    public void Sweep()
    {
        IEnumerable<string> folders;
        try
        {
            folders = Directory.GetDirectories(Path, CgroupName.Prefix + "*");
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return;
        }
        foreach (string folder in folders)
        {
            CgroupFolder left = new(folder);
            // A vmm that is just about to move into its new cgroup is alive.
            if (CgroupName.ProcessOf(System.IO.Path.GetFileName(folder)) is int process && !Directory.Exists($"/proc/{process}")
                && left.Words("cgroup.procs").Length == 0)
                _ = left.Remove();
        }
    }
}
