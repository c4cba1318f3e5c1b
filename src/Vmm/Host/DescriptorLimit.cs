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

    /// <summary>
    /// Refuses what needs more descriptors than there are. The runtime's sockets never recover from being begun without:
    /// so this is asked before.
    /// </summary>
    /// <param name="spare">How many are needed.</param>
    /// <param name="purpose">What for, such as <c>a migration</c>.</param>
    /// <exception cref="VmmException">There are fewer; the message says what to do.</exception>
    public static void Require(int spare, string purpose)
    {
        List<SafeFd> taken = [];
        try
        {
            while (taken.Count < spare)
            {
                int number = Linux.open("/dev/null", Linux.O_RDONLY | Linux.O_CLOEXEC, 0);
                if (number < 0)
                    throw new VmmException($"{purpose} needs {spare} file descriptors, and {taken.Count} are left ({Linux.LastError}): raise the limit (ulimit -n, or prlimit --nofile for a process that runs)");
                taken.Add(new SafeFd(number));
            }
        }
        finally
        {
            taken.ForEach(fd => fd.Dispose());
        }
    }
}
