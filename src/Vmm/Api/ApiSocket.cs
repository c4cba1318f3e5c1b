using Vmm.Host;

namespace Vmm.Api;

/// <summary>The socket on which the API is served. It listens from the start, so that clients wait rather than fail while the process gets ready.</summary>
internal sealed class ApiSocket : IDisposable
{
    private readonly string? _path;

    /// <summary>Listens.</summary>
    /// <exception cref="VmmException">It cannot be used.</exception>
    public ApiSocket(EndPoint where)
    {
        if (where.Fd is int fd)
        {
            if (!UnixSocket.IsListener(fd))
                throw new VmmException($"--api-socket: fd={fd} is no Unix socket that listens", ExitCodes.Usage);
            Listener = new SafeFd(fd);
            return;
        }
        Listener = UnixSocket.Listen(where.Path!);
        _path = where.Path;
    }

    /// <summary>The listening socket.</summary>
    public SafeFd Listener { get; }

    /// <summary>Takes the socket away; first its name, so that nobody finds a dead one.</summary>
    public void Dispose()
    {
        if (_path is not null)
        {
            try
            {
                File.Delete(_path);
            }
            catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
            {
                // It stays, and the next one replaces it.
            }
        }
        Listener.Dispose();
    }
}
