namespace Vmm.Host;

/// <summary>
/// A listening socket at a path that takes its file away in the end, wherever its folder was moved to meanwhile, and only if
/// the file is still its own.
/// </summary>
internal sealed unsafe class SocketFile : IDisposable
{
    private readonly SafeFd _folder;
    private readonly string _name;
    private readonly ulong _inode;

    /// <summary>Listens; a stale socket there is replaced.</summary>
    /// <param name="path">Where.</param>
    /// <param name="waits">Whether who accepts a client waits for one; else nothing here ever waits.</param>
    /// <exception cref="VmmException">A living process listens there, something else is there, or the path cannot be used.</exception>
    public SocketFile(string path, bool waits = false)
    {
        string full = Path.GetFullPath(path);
        _name = Path.GetFileName(full);
        Listener = UnixSocket.Listen(full);
        try
        {
            _folder = SafeFd.Own(Linux.open(Path.GetDirectoryName(full)!, Linux.O_PATH | Linux.O_DIRECTORY | Linux.O_CLOEXEC, 0), "open of a folder");
            _inode = Inode();
            if (!waits && Linux.fcntl(Listener.Number, Linux.F_SETFL, Linux.O_NONBLOCK) < 0)
                throw HostException.Last("fcntl of a socket");
        }
        catch
        {
            _folder?.Dispose();
            Listener.Dispose();
            throw;
        }
    }

    /// <summary>The socket, to wait for.</summary>
    public SafeFd Listener { get; }

    /// <summary>Takes the next client.</summary>
    /// <returns>A connection that does not block; null when there is none, or no descriptor is left for it.</returns>
    public SafeFd? TryAccept()
    {
        while (true)
        {
            int fd = Linux.accept4(Listener.Number, null, null, Linux.SOCK_NONBLOCK | Linux.SOCK_CLOEXEC);
            if (fd >= 0)
                return new SafeFd(fd);
            if (!Linux.Interrupted)
                return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_folder.IsClosed)
            return;
        // Another VM may have come to the path since; and once nobody listens, one may come at any moment: first the file.
        if (_inode != 0 && Inode() == _inode)
            _ = Linux.unlinkat(_folder.Number, _name, 0);
        _folder.Dispose();
        Listener.Dispose();
    }

    private ulong Inode()
    {
        Linux.statx_data there = default;
        return Linux.statx(_folder.Number, _name, Linux.AT_SYMLINK_NOFOLLOW, Linux.STATX_BASIC_STATS, &there) == 0 ? there.stx_ino : 0;
    }
}
