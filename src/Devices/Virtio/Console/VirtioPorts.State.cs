using System.Text.Json;
using Vmm.Devices.State;

namespace Vmm.Devices.Virtio.Console;

/// <content>Saving and restoring.</content>
public sealed partial class VirtioPorts
{
    /// <inheritdoc/>
    public JsonElement? SaveState() => StateJson.Write(
        new PortsState(_control.IsDriverReady, [.. _ports.Select(port => port.Save())]),
        DeviceStateJson.Default.PortsState);

    /// <inheritdoc/>
    public Action PrepareState(int version, ulong features, JsonElement? state)
    {
        PortsState saved = StateJson.Read(Name, state ?? default, DeviceStateJson.Default.PortsState);
        StateJson.Require(saved.Ports.Length == _ports.Length, Name, $"ports: there are {saved.Ports.Length}, and {_ports.Length} here");
        for (int i = 0; i < _ports.Length; i++)
        {
            PortState? port = saved.Ports[i];
            StateJson.Require(port is not null, Name, $"ports: port {i + 1} is null");
            _ports[i].Check(Name, port);
        }
        return () =>
        {
            _control.IsDriverReady = saved.DriverReady;
            for (int i = 0; i < _ports.Length; i++)
                _ports[i].Restore(saved.Ports[i]);
        };
    }
}
