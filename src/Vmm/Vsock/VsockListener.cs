using Vmm.Host;
using Vmm.Machine.Config;

namespace Vmm.Vsock;

/// <summary>
/// The socket in the file system at which programs of the host reach the guest. Outlives a reboot of the guest: who
/// connects meanwhile waits.
/// </summary>
internal sealed class VsockListener : IDisposable
{
    private const int Backlog = 4096;

    private readonly ulong _inode;

    /// <summary>Begins to listen.</summary>
    /// <param name="path">Where; a socket that a dead process left there is replaced.</param>
    /// <exception cref="VmmException">The socket cannot be made.</exception>
    public VsockListener(string path)
    {
        FullPath = Path.GetFullPath(path);
        Folder = UnixSocket.OpenFolder(FullPath);
        try
        {
            Socket = UnixSocket.Listen(FullPath, Backlog);
            int flags = Linux.fcntl(Socket.Number, Linux.F_GETFL, 0);
            if (flags < 0 || Linux.fcntl(Socket.Number, Linux.F_SETFL, flags | Linux.O_NONBLOCK) < 0)
                throw HostException.Last("fcntl of a socket");
            _inode = Inode();
        }
        catch
        {
            Socket?.Dispose();
            Folder.Dispose();
            throw;
        }
    }

    /// <summary>Where it is, from the root.</summary>
    public string FullPath { get; }

    /// <summary>The socket; never waits.</summary>
    public SafeFd Socket { get; }

    /// <summary>The folder that it is in, where programs of the host listen for the guest.</summary>
    public SafeFd Folder { get; }

    /// <summary>The socket of a machine that has such a device; null for one that has none.</summary>
    public static VsockListener? Of(MachineConfig config) => config.Vsock is { } vsock ? new VsockListener(vsock.Socket) : null;

    /// <summary>Ends it and removes the file, if it is still this one.</summary>
    public void Dispose()
    {
        if (_inode != 0 && _inode == Inode())
        {
            try
            {
                File.Delete(FullPath);
            }
            catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
            {
                // The folder was closed to us meanwhile. The next start replaces it.
            }
        }
        Socket.Dispose();
        Folder.Dispose();
    }

    private unsafe ulong Inode()
    {
        Linux.statx_data data;
        return Linux.statx(Linux.AT_FDCWD, FullPath, 0, Linux.STATX_BASIC_STATS, &data) == 0 ? data.stx_ino : 0;
    }
}
