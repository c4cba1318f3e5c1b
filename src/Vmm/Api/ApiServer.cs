using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Vmm.Host;

namespace Vmm.Api;

/// <summary>
/// The web server behind the API's socket: Kestrel by itself, without a host, a container or a pipeline, so that it costs
/// little. Whoever may connect is trusted with the VM, but not with this process: everything that a client can make it
/// hold or wait for is bounded.
/// </summary>
internal sealed class ApiServer : IDisposable
{
    /// <summary>The largest body: a description of a VM is a few KiB.</summary>
    public const int LargestBody = 1 << 20;

    /// <summary>Connections at the same time; one more is closed at once.</summary>
    public const int MostConnections = 64;

    /// <summary>How long a client may take for its headers, and a body may come without progress.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private const int LargestHeaders = 8 << 10;
    private const int LargestRequestLine = 2 << 10;
    private const int MostHeaders = 50;
    private const int SlowestBytesPerSecond = 240;

    /// <summary>For answers that are being written when the server ends.</summary>
    private static readonly TimeSpan s_drain = TimeSpan.FromSeconds(2);

    private readonly KestrelServer _server;
    private readonly ApiApplication _application;

    private ApiServer(KestrelServer server, ApiApplication application) => (_server, _application) = (server, application);

    /// <summary>Begins to serve.</summary>
    /// <param name="listener">A listening Unix socket; it stays the caller's.</param>
    /// <param name="routes">What is served.</param>
    /// <param name="log">Told what the server cannot do.</param>
    /// <param name="patience">In place of <see cref="Patience"/>; above the second at which Kestrel looks.</param>
    public static ApiServer Start(SafeFd listener, ApiRoutes routes, ILoggerFactory log, TimeSpan? patience = null)
    {
        KestrelServerOptions options = new() { AddServerHeader = false, AllowSynchronousIO = false };
        Limit(options.Limits, patience ?? Patience);
        options.ListenHandle((ulong)listener.Number, endpoint => endpoint.Protocols = HttpProtocols.Http1);
        SocketTransportFactory transport = new(Options.Create(new SocketTransportOptions { IOQueueCount = 1 }), log);
        KestrelServer server = new(Options.Create(options), transport, log);
        ApiApplication application = new(routes);
        server.StartAsync(application, CancellationToken.None).GetAwaiter().GetResult();
        return new ApiServer(server, application);
    }

    /// <summary>Lets the answers under way be finished, for a while, and ends.</summary>
    public void Dispose()
    {
        using (CancellationTokenSource patience = new(s_drain))
            _server.StopAsync(patience.Token).GetAwaiter().GetResult();
        _server.Dispose();
        _application.Dispose();
    }

    private static void Limit(KestrelServerLimits limits, TimeSpan patience)
    {
        limits.MaxConcurrentConnections = MostConnections;
        limits.MaxConcurrentUpgradedConnections = 0;
        limits.MaxRequestBodySize = LargestBody;
        limits.MaxRequestBufferSize = LargestHeaders + LargestRequestLine;
        limits.MaxRequestHeadersTotalSize = LargestHeaders;
        limits.MaxRequestLineSize = LargestRequestLine;
        limits.MaxRequestHeaderCount = MostHeaders;
        limits.RequestHeadersTimeout = patience;
        limits.MinRequestBodyDataRate = new MinDataRate(SlowestBytesPerSecond, patience);
        limits.MinResponseDataRate = new MinDataRate(SlowestBytesPerSecond, patience);
    }
}
