using System.Runtime.InteropServices;

namespace Vmm.Host;

/// <summary>Users and other processes (unistd.h, spawn.h, sys/wait.h).</summary>
internal static unsafe partial class Linux
{
    public const short POSIX_SPAWN_SETSIGDEF = 0x04;
    public const short POSIX_SPAWN_SETSIGMASK = 0x08;
    public const short POSIX_SPAWN_SETSID = 0x80;
    public const int F_DUPFD_CLOEXEC = 1030;

    /// <summary>posix_spawn_file_actions_t, posix_spawnattr_t and sigset_t of the C library, which nobody looks into. Larger than theirs: 80, 336 and 128 bytes.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct SpawnOpaque
    {
        public fixed ulong content[64];
    }

    [LibraryImport(LibC)]
    public static partial uint getuid();

    /// <summary>Returns the error, and leaves errno alone, as all of posix_spawn's family does.</summary>
    [LibraryImport(LibC)]
    public static partial Errno posix_spawn(int* pid, byte* path, SpawnOpaque* actions, SpawnOpaque* attributes, byte** arguments, byte** environment);

    [LibraryImport(LibC)]
    public static partial Errno posix_spawn_file_actions_init(SpawnOpaque* actions);

    [LibraryImport(LibC)]
    public static partial Errno posix_spawn_file_actions_destroy(SpawnOpaque* actions);

    [LibraryImport(LibC)]
    public static partial Errno posix_spawn_file_actions_adddup2(SpawnOpaque* actions, int fd, int wanted);

    [LibraryImport(LibC)]
    public static partial Errno posix_spawnattr_init(SpawnOpaque* attributes);

    [LibraryImport(LibC)]
    public static partial Errno posix_spawnattr_destroy(SpawnOpaque* attributes);

    [LibraryImport(LibC)]
    public static partial Errno posix_spawnattr_setflags(SpawnOpaque* attributes, short flags);

    [LibraryImport(LibC)]
    public static partial Errno posix_spawnattr_setsigmask(SpawnOpaque* attributes, SpawnOpaque* signals);

    [LibraryImport(LibC)]
    public static partial Errno posix_spawnattr_setsigdefault(SpawnOpaque* attributes, SpawnOpaque* signals);

    [LibraryImport(LibC)]
    public static partial int sigemptyset(SpawnOpaque* signals);

    [LibraryImport(LibC)]
    public static partial int sigfillset(SpawnOpaque* signals);

    [LibraryImport(LibC, SetLastError = true)]
    public static partial int waitpid(int pid, int* status, int options);
}
