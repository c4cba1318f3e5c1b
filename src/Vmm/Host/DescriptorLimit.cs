namespace Vmm.Host;

/// <summary>How many descriptors this process may have open.</summary>
internal static unsafe class DescriptorLimit
{
    /// <summary>
    /// Raises the limit as far as an unprivileged process may. The low default (1024) is for programs that use select(2),
    /// which this one does not.
    /// </summary>
    public static void Raise()
    {
        Linux.rlimit limit;
        if (Linux.getrlimit(Linux.RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= limit.rlim_max)
            return;
        limit.rlim_cur = limit.rlim_max;
        // Refused: the host then simply has fewer, as everywhere else.
        _ = Linux.setrlimit(Linux.RLIMIT_NOFILE, &limit);
    }
}
