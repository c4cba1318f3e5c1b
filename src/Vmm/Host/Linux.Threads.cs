using System.Runtime.InteropServices;

namespace Vmm.Host;

/// <summary>Threads and signals, as kicking a vCPU needs them (signal.h, unistd.h).</summary>
internal static unsafe partial class Linux
{
    public const int SIGUSR1 = 10;
    public const int SIGKILL = 9;
    public const int SIGTERM = 15;
    public const nint SIG_ERR = -1;
    public const nint SIG_IGN = 1;
    public const int CLOCK_PROCESS_CPUTIME_ID = 2;

    [StructLayout(LayoutKind.Sequential)]
    public struct timespec
    {
        public long tv_sec;
        public long tv_nsec;
    }

    [LibraryImport(LibC, SetLastError = true)]
    public static partial int gettid();

    [LibraryImport(LibC)]
    public static partial uint alarm(uint seconds);

    [LibraryImport(LibC, SetLastError = true)]
    public static partial int getpid();

    [LibraryImport(LibC, SetLastError = true)]
    public static partial int tgkill(int process, int thread, int signal);

    /// <summary>Returns the handler before, or <see cref="SIG_ERR"/>.</summary>
    [LibraryImport(LibC, SetLastError = true)]
    public static partial nint signal(int number, nint handler);

    [LibraryImport(LibC)]
    public static partial uint geteuid();

    [LibraryImport(LibC, SetLastError = true)]
    public static partial int setsid();

    [LibraryImport(LibC, SetLastError = true)]
    public static partial int kill(int process, int signal);

    [LibraryImport(LibC, SetLastError = true)]
    public static partial int clock_gettime(int clock, timespec* time);
}
