using System.Text;
using Vmm.Machine.Config;

namespace Vmm.Host;

/// <summary>Sockets in the file system: listening where only the user may connect, and connecting.</summary>
internal static unsafe class UnixSocket
{
    /// <summary>rw-------: whoever may connect may do to the VM what its owner may.</summary>
    private const uint OwnerOnly = 0b110_000_000;
    private const int Backlog = 64;

    /// <summary>Listens at a path. A socket that a dead process left there is replaced.</summary>
    /// <exception cref="VmmException">A living process listens there, something else is there, or the path cannot be used.</exception>
    public static SafeFd Listen(string path) => Listen(path, Backlog);

    /// <summary>As <see cref="Listen(string)"/>, for more clients at once.</summary>
    /// <param name="path">Where.</param>
    /// <param name="backlog">How many may wait to be accepted; the kernel has a limit of its own (net.core.somaxconn).</param>
    public static SafeFd Listen(string path, int backlog)
    {
        RemoveStale(path);
        SafeFd fd = SafeFd.Own(Linux.socket(Linux.AF_UNIX, Linux.SOCK_STREAM | Linux.SOCK_CLOEXEC, 0), "socket");
        try
        {
            // Before bind: the file then never has another mode, whatever the umask.
            if (Linux.fchmod(fd.Number, OwnerOnly) < 0)
                throw HostException.Last("fchmod of a socket");
            using SafeFd folder = OpenFolder(path);
            Linux.sockaddr_un address = Address(folder, path);
            if (Linux.bind(fd.Number, &address, (uint)sizeof(Linux.sockaddr_un)) < 0)
            {
                throw Linux.LastError == Errno.EADDRINUSE
                    ? new VmmException($"socket '{Printable.Escape(path)}' is in use already")
                    : new VmmException($"cannot make the socket '{Printable.Escape(path)}': {HostException.Last("bind").Message}");
            }
            if (Linux.listen(fd.Number, backlog) < 0)
                throw HostException.Last("listen");
            return fd;
        }
        catch
        {
            fd.Dispose();
            throw;
        }
    }

    /// <summary>Connects to a path.</summary>
    /// <param name="path">The socket.</param>
    /// <param name="patience">How long a read or write on it may take; null for as long as it takes.</param>
    /// <param name="type">SOCK_STREAM, or SOCK_DGRAM for a socket that takes datagrams.</param>
    /// <returns>The connection, or null when nobody listens there.</returns>
    /// <exception cref="HostException">The kernel refused for another reason.</exception>
    public static SafeFd? TryConnect(string path, TimeSpan? patience = null, int type = Linux.SOCK_STREAM)
    {
        SafeFd fd = SafeFd.Own(Linux.socket(Linux.AF_UNIX, type | Linux.SOCK_CLOEXEC, 0), "socket");
        try
        {
            using SafeFd folder = OpenFolder(path);
            Linux.sockaddr_un address = Address(folder, path);
            if (patience is TimeSpan limit)
                SetTimeouts(fd, limit);
            if (Linux.connect(fd.Number, &address, (uint)sizeof(Linux.sockaddr_un)) == 0)
                return fd;
            Errno errno = Linux.LastError;
            fd.Dispose();
            return errno is Errno.ECONNREFUSED or Errno.ENOENT or Errno.EAGAIN or Errno.ENOTSOCK ? null : throw new HostException($"connect to '{Printable.Escape(path)}'", errno);
        }
        catch
        {
            fd.Dispose();
            throw;
        }
    }

    /// <summary>Connects without waiting to a socket in an open folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">The socket's name in it.</param>
    /// <returns>A connection that never waits, or null when nobody accepts it, or not now.</returns>
    /// <exception cref="VmmException">The name is too long; the caller has bounded it.</exception>
    public static SafeFd? TryConnectAtOnce(SafeFd folder, string name)
    {
        int fd = Linux.socket(Linux.AF_UNIX, Linux.SOCK_STREAM | Linux.SOCK_CLOEXEC | Linux.SOCK_NONBLOCK, 0);
        if (fd < 0)
            return null;
        SafeFd socket = new(fd);
        Linux.sockaddr_un address = Address(folder, name);
        if (Linux.connect(fd, &address, (uint)sizeof(Linux.sockaddr_un)) == 0)
            return socket;
        socket.Dispose();
        return null;
    }

    /// <summary>Bounds how long a read or write on a socket may take.</summary>
    public static void SetTimeouts(SafeFd fd, TimeSpan limit)
    {
        Linux.timeval time = new() { tv_sec = (long)limit.TotalSeconds, tv_usec = limit.Milliseconds * 1000 + limit.Microseconds };
        _ = Linux.setsockopt(fd.Number, Linux.SOL_SOCKET, Linux.SO_RCVTIMEO, &time, (uint)sizeof(Linux.timeval));
        _ = Linux.setsockopt(fd.Number, Linux.SOL_SOCKET, Linux.SO_SNDTIMEO, &time, (uint)sizeof(Linux.timeval));
    }

    /// <summary>Whether a descriptor that was handed to us is a listening Unix stream socket.</summary>
    public static bool IsListener(int fd) =>
        Option(fd, Linux.SO_DOMAIN) == Linux.AF_UNIX && Option(fd, Linux.SO_TYPE) == Linux.SOCK_STREAM && Option(fd, Linux.SO_ACCEPTCONN) == 1;

    /// <summary>Removes a socket that nobody listens on. A link is never followed: it is somebody else's doing.</summary>
    private static void RemoveStale(string path)
    {
        try
        {
            PathRules.Check("socket", path);
        }
        catch (MachineConfigException wrong)
        {
            throw new VmmException($"{wrong.Field}: {wrong.Reason}", ExitCodes.Usage, wrong);
        }
        FileInfo there = new(path);
        if (there.LinkTarget is null && Directory.Exists(path))
            throw new VmmException($"cannot make the socket '{Printable.Escape(path)}': a folder is there; give a path in it, or another one");
        if (!there.Exists && there.LinkTarget is null)
            return;
        if (there.LinkTarget is not null)
            throw new VmmException($"cannot make the socket '{Printable.Escape(path)}': a symbolic link is there; remove it, or choose another path");
        // A socket, and neither a device nor a plain file: those have no such size and attributes.
        if (!IsSocket(path))
            throw new VmmException($"cannot make the socket '{Printable.Escape(path)}': a file is there that is no socket; remove it, or choose another path");
        using (SafeFd? alive = TryConnect(path))
        {
            if (alive is not null)
                throw new VmmException($"socket '{Printable.Escape(path)}' is in use: a living process listens there");
        }
        try
        {
            File.Delete(path);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new VmmException($"cannot replace the stale socket '{Printable.Escape(path)}': {refused.Message}", cause: refused);
        }
    }

    private static bool IsSocket(string path)
    {
        // Opening a socket as a file fails with ENXIO, and so does nothing else that is there (a FIFO without reader is opened for reading).
        int fd = Linux.open(path, Linux.O_RDONLY | Linux.O_NONBLOCK | Linux.O_CLOEXEC | Linux.O_NOFOLLOW, 0);
        if (fd < 0)
            return Linux.LastError == Errno.ENXIO;
        _ = Linux.close(fd);
        return false;
    }

    /// <summary>Opens the folder that a socket is in.</summary>
    /// <exception cref="VmmException">There is no such folder, or it is closed to us.</exception>
    public static SafeFd OpenFolder(string path)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        int fd = Linux.open(folder, Linux.O_PATH | Linux.O_DIRECTORY | Linux.O_CLOEXEC, 0);
        return fd >= 0 ? new SafeFd(fd)
            : throw new VmmException($"socket '{Printable.Escape(path)}': its folder cannot be opened ({HostException.Last("open").Message})");
    }

    /// <summary>A path of any length fits into an address (108 bytes) when it begins at an open folder.</summary>
    private static Linux.sockaddr_un Address(SafeFd folder, string path)
    {
        Linux.sockaddr_un address = new() { sun_family = Linux.AF_UNIX };
        byte[] name = Encoding.UTF8.GetBytes($"/proc/self/fd/{folder.Number}/{Path.GetFileName(path)}");
        if (name.Length >= Linux.sockaddr_un.PathSize)
            throw new VmmException($"socket '{Printable.Escape(path)}': the file's name is too long");
        name.CopyTo(new Span<byte>(address.sun_path, Linux.sockaddr_un.PathSize));
        return address;
    }

    private static int Option(int fd, int option)
    {
        int value = -1;
        uint length = sizeof(int);
        return Linux.getsockopt(fd, Linux.SOL_SOCKET, option, &value, &length) == 0 ? value : -1;
    }
}
