using System.Diagnostics.CodeAnalysis;
using Vmm.Control;
using Vmm.Host;
using Vmm.Logging;

namespace Vmm.Api;

/// <summary>Holds open what <see cref="ControlEndPoints"/> asks for: the API and the event monitor. Costs nothing when they are not asked for.</summary>
internal sealed class ControlEnds : IDisposable
{
    private readonly ApiSocket? _socket;
    private readonly EventMonitor? _monitor;
    private readonly EventHub _events;
    private readonly string? _monitorFile;
    private readonly IDisposable? _subscription;
    private Task<ApiServer>? _server;

    /// <summary>Opens the socket and the monitor, so that a mistake shows before anything was started.</summary>
    /// <exception cref="VmmException">One of them cannot be opened.</exception>
    public ControlEnds(ControlEndPoints where, EventHub events, TimeProvider clock)
    {
        _events = events;
        if (where.EventMonitor is { } monitor)
        {
            _monitor = new EventMonitor(monitor, clock);
            _monitorFile = monitor.Path;
            _subscription = events.Subscribe(_monitor.Write);
        }
        events.Publish("vmm", "starting");
        if (where.ApiSocket is { } socket)
            _socket = new ApiSocket(socket);
    }

    /// <summary>Serves the API from now on. The server starts beside whatever else is being done: clients wait in the socket's queue.</summary>
    /// <param name="control">The VM.</param>
    /// <param name="process">This process.</param>
    /// <param name="log">Told what the web server cannot do.</param>
    public void Serve(VmControl control, IVmmProcess process, VmmLog log)
    {
        control.EventMonitor = _monitorFile;
        if (_socket is not null)
            Start(_socket.Listener, control, process, log);
    }

    /// <summary>Lets answers under way be finished, and takes both away.</summary>
    public void Dispose()
    {
        _events.Publish("vmm", "shutdown");
        try
        {
            _server?.GetAwaiter().GetResult().Dispose();
        }
        finally
        {
            _socket?.Dispose();
            _subscription?.Dispose();
            _monitor?.Dispose();
        }
        if (_monitor is { Dropped: > 0 and long dropped })
            StandardError.Write($"vmm: {dropped} events were dropped: nobody took them in time\n");
    }

    /// <summary>Apart, so that a run without an API never touches the server's code.</summary>
    [MemberNotNull(nameof(_server))]
    private void Start(SafeFd listener, VmControl control, IVmmProcess process, VmmLog log) =>
        _server = Task.Run(() => ApiServer.Start(listener, VmApi.Routes(control, process), log));
}
