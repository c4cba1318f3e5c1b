namespace Vmm.Host;

/// <summary>
/// Closes a descriptor whose last close is slow, without waiting for it: a ring of io_uring takes the file, and when the
/// ring goes, a worker of the kernel's closes what it held.
/// </summary>
/// <remarks>
/// Closing a virtual machine that has interrupt controllers waits for several grace periods of the host kernel, 20 ms here;
/// otherwise every process would end that much later and every reboot of a guest take that much longer. Guest memory is
/// not part of that: it is freed with its mapping, at once. Where io_uring is not to be had, the close is an ordinary one. So
/// is one that follows soon after another: a guest that resets for ever must not make machines faster than they go.
/// </remarks>
internal static unsafe class DeferredClose
{
    /// <summary>How long after one deferred close the next may be; many times what a close takes.</summary>
    private const long LeastMillisecondsBetween = 500;

    private static long s_last = -LeastMillisecondsBetween;

    /// <summary>
    /// Whether a close may come later. Not while this process is in a cgroup of its own: threads of the kernel that belong
    /// to the virtual machine are in it too, and it cannot be removed until they are gone.
    /// </summary>
    public static bool IsAllowed { get; set; } = true;

    /// <summary>Closes it, soon.</summary>
    /// <param name="fd">Must not be used any more.</param>
    public static void Close(SafeFd fd)
    {
        long now = Environment.TickCount64;
        if (!IsAllowed || now - Interlocked.Exchange(ref s_last, now) < LeastMillisecondsBetween)
        {
            fd.Dispose();
            return;
        }
        Linux.io_uring_params parameters = default;
        long ring = Linux.syscall(Linux.SYS_io_uring_setup, 1, (nint)(&parameters), 0, 0);
        if (ring >= 0)
        {
            int number = fd.Number;
            _ = Linux.syscall(Linux.SYS_io_uring_register, ring, (nint)Linux.IORING_REGISTER_FILES, (nint)(&number), 1);
        }
        fd.Dispose();
        if (ring >= 0)
            _ = Linux.close((int)ring);
    }
}
