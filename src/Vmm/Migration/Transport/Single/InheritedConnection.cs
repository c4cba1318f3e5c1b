using System.Net.Sockets;
using Vmm.Host;

namespace Vmm.Migration.Transport.Single;

/// <summary>A descriptor that vmm was started with, and that is a connection already: who made it has seen to the way and to who is at its end.</summary>
internal static unsafe class InheritedConnection
{
    /// <summary>Takes a copy of it; what was inherited stays open.</summary>
    /// <param name="number">Its number in this process.</param>
    /// <exception cref="VmmException">It is no stream socket that is connected.</exception>
    public static SafeFd Open(int number)
    {
        SafeFd fd = new(Linux.fcntl(number, Linux.F_DUPFD_CLOEXEC, 0));
        if (fd.IsInvalid)
            throw Refuse(number, Linux.LastError == Errno.EBADF ? "is not open; start vmm with a connection of that number" : $"cannot be had ({Linux.LastError})");
        try
        {
            Check(fd, number);
            return fd;
        }
        catch
        {
            fd.Dispose();
            throw;
        }
    }

    /// <summary>Looks at a descriptor that another process has handed over.</summary>
    /// <param name="fd">It.</param>
    /// <param name="number">What it is called there.</param>
    /// <exception cref="VmmException">It is no stream socket that is connected.</exception>
    public static void Check(SafeFd fd, int number)
    {
        if (Option(fd, Linux.SO_TYPE) is not int type)
            throw Refuse(number, "is no socket");
        if (type != Linux.SOCK_STREAM)
            throw Refuse(number, "is a socket, but no stream");
        if (Option(fd, Linux.SO_ACCEPTCONN) == 1)
            throw Refuse(number, "is a socket that listens; give one that is connected");
        using Socket socket = new(new SafeSocketHandle(fd.Number, ownsHandle: false));
        if (!socket.Connected)
            throw Refuse(number, "is a socket that is not connected");
    }

    private static VmmException Refuse(int number, string why) => new($"fd:{number} {why}", ExitCodes.Usage);

    private static int? Option(SafeFd fd, int option)
    {
        int value;
        uint length = sizeof(int);
        return Linux.getsockopt(fd.Number, Linux.SOL_SOCKET, option, &value, &length) == 0 ? value : null;
    }
}
