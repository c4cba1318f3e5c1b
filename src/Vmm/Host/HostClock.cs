namespace Vmm.Host;

/// <summary>Clocks of the host's kernel that the runtime does not offer.</summary>
internal static unsafe class HostClock
{
    private const long NanosecondsPerSecond = 1_000_000_000;

    /// <summary>Processor time of this process, of all its threads, the guest's time included; in nanoseconds.</summary>
    public static long ProcessCpuNanoseconds
    {
        get
        {
            Linux.timespec time;
            return Linux.clock_gettime(Linux.CLOCK_PROCESS_CPUTIME_ID, &time) == 0 ? time.tv_sec * NanosecondsPerSecond + time.tv_nsec : 0;
        }
    }
}
