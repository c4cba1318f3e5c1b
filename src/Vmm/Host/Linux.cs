using System.Runtime.InteropServices;

namespace Vmm.Host;

/// <summary>
/// Every call into the C library, once, by topic in the <c>Linux.*.cs</c> files. Names and arguments are the C
/// library's; each returns what C returns and leaves errno in <see cref="LastError"/>.
/// </summary>
internal static unsafe partial class Linux
{
    private const string LibC = "libc";

    /// <summary>errno of the last call on this thread.</summary>
    public static Errno LastError => (Errno)Marshal.GetLastPInvokeError();

    [LibraryImport(LibC, SetLastError = true)]
    public static partial int close(int fd);

    [LibraryImport(LibC, SetLastError = true)]
    public static partial int ioctl(int fd, nuint request, nint argument);

    /// <summary>Repeats a call that a signal interrupted: <c>do … while (result &lt; 0 &amp;&amp; Interrupted)</c>.</summary>
    public static bool Interrupted => LastError == Errno.EINTR;
}
