namespace Vmm.Host;

/// <summary>Starting threads on a host that may have none left (RLIMIT_NPROC, a control group's pids limit).</summary>
internal static class HostThread
{
    /// <summary>Starts a thread; false when the host has none to give.</summary>
    public static bool TryStart(Thread thread)
    {
        try
        {
            thread.Start();
            return true;
        }
        catch (Exception refused) when (refused is OutOfMemoryException or ThreadStartException)
        {
            return false;
        }
    }

    /// <summary>Starts a thread that the machine cannot do without.</summary>
    /// <exception cref="VmmException">The host has none to give; the message says what to do.</exception>
    public static void Start(Thread thread)
    {
        if (!TryStart(thread))
            throw new VmmException($"the host has no thread left for '{thread.Name}': raise the limit (ulimit -u, or pids.max of the control group), or stop something");
    }
}
