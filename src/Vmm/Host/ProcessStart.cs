namespace Vmm.Host;

/// <summary>Sets right what a process may have been started with that everything else relies on. First of all, before the runtime opens anything.</summary>
internal static class ProcessStart
{
    private const int SIGXFSZ = 25;

    /// <summary>Does it.</summary>
    public static void Prepare()
    {
        // A standard stream that is closed (>&-) would be the next file that is opened: what is printed would end in that.
        for (int standard = Linux.StandardInput; standard <= Linux.StandardError; standard++)
        {
            if (Linux.fcntl(standard, Linux.F_GETFD, 0) < 0)
                _ = Linux.open("/dev/null", Linux.O_RDWR, 0);
        }
        // A file over the user's limit (ulimit -f) is a write that fails, for the guest's disk or a log. No reason to end.
        _ = Linux.signal(SIGXFSZ, Linux.SIG_IGN);
    }
}
