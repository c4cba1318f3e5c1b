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

    /// <summary>How wide the terminal is that it is, in characters; null where it is none.</summary>
    public static unsafe int? Columns
    {
        get
        {
            Linux.winsize size = default;
            return Linux.ioctl(Descriptor, Linux.TIOCGWINSZ, (nint)(&size)) == 0 && size.ws_col > 0 ? size.ws_col : null;
        }
    }

    /// <summary>To write bytes to.</summary>
    public static Stream Open() => new OutputStream(Descriptor);
}
