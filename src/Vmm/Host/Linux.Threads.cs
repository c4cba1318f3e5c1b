using System.Runtime.InteropServices;

namespace Vmm.Host;

/// <summary>Threads and signals, as kicking a vCPU needs them (signal.h, unistd.h).</summary>
internal static unsafe partial class Linux
{
    public const int SIGUSR1 = 10;
    public const int SIG_BLOCK = 0;
    public const int SIGKILL = 9;
    public const int CLOCK_PROCESS_CPUTIME_ID = 2;

    /// <summary>The kernel's sigset_t: one bit a signal, bit n-1 for signal n. The C library's is larger; only its first word counts.</summary>
    public const int KernelSignalSetSize = 8;

    /// <summary>sizeof(sigset_t) of the C library, in 64-bit words.</summary>
    public const int SignalSetWords = 16;

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

    /// <summary>Returns the error number itself, as the pthread calls do.</summary>
    [LibraryImport(LibC)]
    public static partial int pthread_sigmask(int how, ulong* set, ulong* old);

    [LibraryImport(LibC, SetLastError = true)]
    public static partial int sigtimedwait(ulong* set, void* info, timespec* timeout);

    [LibraryImport(LibC)]
    public static partial uint geteuid();

    [LibraryImport(LibC, SetLastError = true)]
    public static partial int setsid();

    [LibraryImport(LibC, SetLastError = true)]
    public static partial int kill(int process, int signal);

    [LibraryImport(LibC, SetLastError = true)]
    public static partial int clock_gettime(int clock, timespec* time);
}
