namespace Vmm.Host;

/// <summary>Standard output.</summary>
internal static class StandardOutput
{
    /// <summary>Its number.</summary>
    public const int Descriptor = 1;

    /// <summary>Whether somebody may still read it. Not so for a pipe whose reader has ended, as <c>head</c> does.</summary>
    public static unsafe bool HasReader
    {
        get
        {
            Linux.pollfd poll = new() { fd = Descriptor };
            Linux.timespec now = default;
            return Linux.ppoll(&poll, 1, &now, null) <= 0 || (poll.revents & Linux.POLLERR) == 0;
        }
    }

    /// <summary>To write bytes to.</summary>
    public static Stream Open() => new OutputStream(Descriptor);
}
