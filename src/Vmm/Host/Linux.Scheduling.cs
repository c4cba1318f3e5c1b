using System.Runtime.InteropServices;

namespace Vmm.Host;

/// <summary>On which processors a thread may run (sched.h), and folders as cgroups need them (sys/stat.h, unistd.h).</summary>
internal static unsafe partial class Linux
{
    /// <summary>More processors than any x86-64 kernel is built for (its NR_CPUS is 8192 at most).</summary>
    public const int MostProcessors = 8192;

    /// <summary>Of the thread with that number; 0 is the calling one.</summary>
    [LibraryImport(LibC, SetLastError = true)]
    public static partial int sched_setaffinity(int thread, nuint size, ulong* mask);

    /// <summary>Of the thread with that number; 0 is the calling one.</summary>
    [LibraryImport(LibC, SetLastError = true)]
    public static partial int sched_getaffinity(int thread, nuint size, ulong* mask);

    [LibraryImport(LibC, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int mkdir(string path, uint mode);

    [LibraryImport(LibC, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int rmdir(string path);
}
