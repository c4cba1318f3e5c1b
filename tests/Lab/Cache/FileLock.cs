using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Vmm.Lab.Cache;

/// <summary>
/// A lock between processes, released by the kernel even when its holder is killed.
/// (FileStream's own locking cannot wait, and fails instead.)
/// </summary>
public sealed partial class FileLock : IDisposable
{
    private const int O_RDWR = 2, O_CREAT = 0x40, O_CLOEXEC = 0x80000, LOCK_EX = 2, EINTR = 4, OwnerOnly = 0x180;
    private int _fd;

    private FileLock(int fd) => _fd = fd;

    /// <summary>Waits for the lock without holding up the caller's thread.</summary>
    public static Task<FileLock> TakeAsync(string path) => Task.Factory.StartNew(
        () => Take(path), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static FileLock Take(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var fd = Open(path, O_RDWR | O_CREAT | O_CLOEXEC, OwnerOnly);
        if (fd < 0)
            throw new LabException($"cannot open the lock {path}", new Win32Exception(Marshal.GetLastPInvokeError()));
        while (Flock(fd, LOCK_EX) != 0)
        {
            if (Marshal.GetLastPInvokeError() != EINTR)
                throw new LabException($"cannot lock {path}", new Win32Exception(Marshal.GetLastPInvokeError()));
        }
        return new FileLock(fd);
    }

    public void Dispose()
    {
        var fd = Interlocked.Exchange(ref _fd, -1);
        if (fd >= 0)
            _ = Close(fd);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int Flock(int fd, int operation);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int fd);
}
