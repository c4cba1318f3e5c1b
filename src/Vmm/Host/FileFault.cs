using System.Runtime.InteropServices;

namespace Vmm.Host;

/// <summary>Why a file could not be used, in the host's words rather than the runtime's: that one calls a folder in a file's place a lack of permission.</summary>
internal static class FileFault
{
    /// <summary>The largest error number (linux/err.h: MAX_ERRNO); what else an exception bears is the runtime's own.</summary>
    private const int LargestErrno = 4095;

    private const string NoFolder = "there is no such folder for it to be in";
    private const string Denied = "permission denied";

    /// <summary>Says it, without the path: whoever asks names that.</summary>
    /// <param name="fault">What the runtime threw.</param>
    /// <param name="path">The file.</param>
    public static string Why(Exception fault, string path) => fault switch
    {
        UnauthorizedAccessException or IOException when Directory.Exists(path) => Why(Errno.EISDIR),
        FileNotFoundException => "there is no such file",
        DirectoryNotFoundException => NoFolder,
        UnauthorizedAccessException => Denied,
        ArgumentException => "that is no path: it is empty, or holds a NUL character",
        IOException => Of(fault) is Errno errno and not Errno.None ? Why(errno) : fault.Message,
        _ => fault.Message,
    };

    /// <summary>Says why a file could not be opened to be written, or made.</summary>
    public static string WhyNotWritten(Errno errno) => errno switch
    {
        Errno.ENOENT or Errno.ENOTDIR => $"{NoFolder} ({errno})",
        Errno.ENXIO => "nobody reads from this FIFO; start the reader first",
        _ => Why(errno),
    };

    /// <summary>The kernel's error number that the runtime made an exception of; none where it was none of the kernel's.</summary>
    public static Errno Of(Exception fault) => fault switch
    {
        HostException host => host.Errno,
        System.ComponentModel.Win32Exception call => (Errno)call.NativeErrorCode,
        IOException { HResult: > 0 and <= LargestErrno } io => (Errno)io.HResult,
        _ => Errno.None,
    };

    /// <summary>Says what the kernel said.</summary>
    public static string Why(Errno errno) => errno switch
    {
        Errno.EISDIR => "it is a folder, not a file",
        Errno.EACCES or Errno.EPERM => Denied,
        Errno.ENOSPC => "the disk is full (ENOSPC)",
        Errno.EDQUOT => "the disk quota is used up (EDQUOT)",
        Errno.EROFS => "its file system is read-only (EROFS)",
        Errno.EMFILE or Errno.ENFILE => $"no file descriptor is left ({errno}): raise the limit (ulimit -n)",
        _ => $"{Marshal.GetPInvokeErrorMessage((int)errno)} ({errno})",
    };
}
