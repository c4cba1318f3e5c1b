using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Vmm.Api;
using Vmm.Control;
using Vmm.Logging;

namespace Vmm.Tests.Vmm.Api;

/// <summary>The real server over a socket in a folder of the test's own, steering a VM that nobody boots.</summary>
internal sealed class ApiRig : IVmmProcess, IDisposable
{
    private static readonly TimeSpan s_testPatience = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vmm-api-");
    private readonly VmmLog _log = new("test", [], TimeProvider.System);
    private readonly ApiSocket _socket;
    private readonly ApiServer _server;
    private readonly TaskCompletionSource _ended = new();
    private readonly CancellationTokenSource _ending = new();

    /// <param name="patience">How long the server waits for a client; null for what it has.</param>
    /// <param name="routes">Calls in place of the real ones.</param>
    public ApiRig(TimeSpan? patience = null, ApiRoutes? routes = null)
    {
        Control = new VmControl(new EventHub(TimeProvider.System), _log);
        _socket = new ApiSocket(new(SocketPath, null));
        _server = ApiServer.Start(_socket.Listener, routes ?? VmApi.Routes(Control, this), _log, patience);
        Client = new HttpClient(new SocketsHttpHandler { ConnectCallback = async (_, cancel) => await OpenAsync(cancel) })
        {
            BaseAddress = new Uri("http://localhost/api/v1/"),
            Timeout = s_testPatience,
        };
    }

    public VmControl Control { get; }

    public HttpClient Client { get; }

    public string SocketPath => Path.Combine(_folder.FullName, "api");

    public bool LivesWithItsVm => false;

    /// <summary>Done when the process was told to end.</summary>
    public Task Ended => _ended.Task;

    public CancellationToken Ending => _ending.Token;

    public void End()
    {
        _ending.Cancel();
        _ended.TrySetResult();
    }

    public Task<HttpResponseMessage> PutAsync(string call, string? body = null) =>
        Client.PutAsync(call, body is null ? null : new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json")));

    /// <summary>The status and the reason of a call that is refused.</summary>
    public async Task<(int Status, string Reason)> RefusalAsync(string call, string? body = null)
    {
        using HttpResponseMessage answer = await PutAsync(call, body);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>A connection on which a test may write what it likes.</summary>
    public NetworkStream Connect() => OpenAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult();

    /// <summary>Sends bytes and reads until the server closes.</summary>
    public string Exchange(string request)
    {
        using NetworkStream stream = Connect();
        stream.ReadTimeout = (int)s_testPatience.TotalMilliseconds;
        try
        {
            stream.Write(Encoding.Latin1.GetBytes(request));
        }
        catch (IOException)
        {
            // Refused before it took everything.
        }
        return ReadToEnd(stream);
    }

    /// <summary>Reads until the server closes; a connection that was reset ends there.</summary>
    public static string ReadToEnd(NetworkStream stream)
    {
        using MemoryStream answer = new();
        try
        {
            stream.CopyTo(answer);
        }
        catch (IOException fault) when (fault.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset })
        {
        }
        return Encoding.UTF8.GetString(answer.ToArray());
    }

    public void Dispose()
    {
        Client.Dispose();
        _server.Dispose();
        _socket.Dispose();
        Control.Dispose();
        _log.Dispose();
        _ending.Dispose();
        _folder.Delete(recursive: true);
    }

    private async ValueTask<NetworkStream> OpenAsync(CancellationToken cancel)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath), cancel);
        return new NetworkStream(socket, ownsSocket: true);
    }
}
