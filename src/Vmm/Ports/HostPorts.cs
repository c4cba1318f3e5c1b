using Vmm.Host;
using Vmm.Machine.Config;
using Vmm.Metrics;

namespace Vmm.Ports;

/// <summary>The host ends of a machine's named ports, and the one event thread of them and of their device. They outlive a reboot of the guest.</summary>
internal sealed class HostPorts : IDisposable
{
    private const string ThreadName = "_ports";

    private readonly List<HostPort> _all = [];

    /// <summary>Begins to listen at every port's socket.</summary>
    /// <param name="ports">Resolved.</param>
    /// <param name="folder">Where the sockets are that were given no path: the VM's folder. Null for a VM that has none.</param>
    /// <param name="onFault">Told, on the event thread, when that ended by a fault of ours.</param>
    /// <exception cref="VmmException">A socket cannot be made; nothing is left behind.</exception>
    public HostPorts(IReadOnlyList<PortConfig> ports, string? folder, Action<Exception> onFault)
    {
        Loop = new EventLoop(ThreadName, onFault);
        try
        {
            foreach (PortConfig port in ports)
                _all.Add(new HostPort(port.Name, PathOf(port, folder), Loop));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Their event thread.</summary>
    public EventLoop Loop { get; }

    /// <summary>The ports, in the order of their numbers.</summary>
    public IReadOnlyList<HostPort> All => _all;

    /// <summary>Their figures.</summary>
    public IReadOnlyList<PortMetrics> Metrics => [.. _all.Select(port => port.Metrics)];

    /// <summary>Where a port's socket is.</summary>
    /// <param name="port">The port.</param>
    /// <param name="folder">The VM's folder, if it has one.</param>
    /// <exception cref="VmmException">It has neither a path nor a folder.</exception>
    public static string PathOf(PortConfig port, string? folder) =>
        port.Socket ?? (folder is null
            ? throw new VmmException($"--port: {port.Name}: needs socket=PATH; only a VM that has a name (--name) or runs in the background (-d) has a folder for it")
            : Path.Combine(folder, $"port-{port.Name}.sock"));

    /// <summary>Disconnects a machine that is about to be taken apart.</summary>
    public void Detach()
    {
        foreach (HostPort port in _all)
            port.Changed = null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Loop.Dispose();
        foreach (HostPort port in _all)
            port.Dispose();
    }
}
