using Vmm.Guest.Boot;

namespace Vmm.Host;

/// <summary>A kernel, initrd or module in a file, read straight to where the guest finds it.</summary>
internal sealed unsafe class FileImageSource : IImageSource, IDisposable
{
    private readonly SafeFd _fd;
    private readonly string _path;

    private FileImageSource(SafeFd fd, string path, ulong length) => (_fd, _path, Length) = (fd, path, length);

    /// <inheritdoc/>
    public string Name => _path;

    /// <inheritdoc/>
    public ulong Length { get; }

    /// <summary>Opens a file.</summary>
    /// <param name="role">What it is for, such as <c>kernel</c>, for the error.</param>
    /// <param name="path">As the user named it.</param>
    /// <exception cref="VmmException">It is missing, not readable, or no regular file.</exception>
    public static FileImageSource Open(string role, string path)
    {
        // O_NONBLOCK: a FIFO that nobody writes to must not hang the start.
        const int flags = Linux.O_RDONLY | Linux.O_CLOEXEC | Linux.O_NOCTTY | Linux.O_NONBLOCK;
        int number;
        do
            number = Linux.open(path, flags, 0);
        while (number < 0 && Linux.Interrupted);
        if (number < 0)
            throw Refuse(role, path, OpenFailure(Linux.LastError));
        var fd = new SafeFd(number);
        try
        {
            return new FileImageSource(fd, path, RegularFileSize(fd, role, path));
        }
        catch
        {
            fd.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="VmmException">The file has become shorter since it was opened, or cannot be read.</exception>
    public int Read(ulong offset, Span<byte> destination)
    {
        if (offset >= Length)
            return 0;
        int wanted = (int)Math.Min((ulong)destination.Length, Length - offset);
        fixed (byte* start = destination)
        {
            for (int done = 0; done < wanted;)
            {
                nint count = Linux.pread(_fd.Number, start + done, (nuint)(wanted - done), (long)offset + done);
                if (count > 0)
                    done += (int)count;
                else if (count == 0)
                    throw new VmmException($"'{_path}': became shorter while it was read");
                else if (!Linux.Interrupted)
                    throw new VmmException($"'{_path}': {HostException.Last("read").Message}");
            }
        }
        return wanted;
    }

    /// <inheritdoc/>
    public void Dispose() => _fd.Dispose();

    private static ulong RegularFileSize(SafeFd fd, string role, string path)
    {
        Linux.statx_data status = default;
        if (Linux.statx(fd.Number, "", Linux.AT_EMPTY_PATH, Linux.STATX_BASIC_STATS, &status) < 0)
            throw Refuse(role, path, HostException.Last("statx").Message);
        return (status.stx_mode & Linux.S_IFMT) switch
        {
            Linux.S_IFREG when status.stx_size == 0 => throw Refuse(role, path, "is empty"),
            Linux.S_IFREG => status.stx_size,
            Linux.S_IFDIR => throw Refuse(role, path, "is a directory, not a file"),
            Linux.S_IFIFO => throw Refuse(role, path, "is a FIFO, not a file"),
            _ => throw Refuse(role, path, "is not a regular file"),
        };
    }

    private static string OpenFailure(Errno errno) => errno switch
    {
        Errno.ENOENT => "no such file",
        Errno.ENOTDIR => "a part of the path is not a directory",
        Errno.EACCES or Errno.EPERM => "no permission to read it",
        Errno.ELOOP => "too many symbolic links",
        _ => new HostException("open", errno).Message,
    };

    private static VmmException Refuse(string role, string path, string why) => new($"{role} '{path}': {why}");
}
