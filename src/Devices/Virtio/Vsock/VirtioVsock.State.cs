using System.Text.Json;
using Vmm.Devices.State;

namespace Vmm.Devices.Virtio.Vsock;

/// <content>
/// Saving and restoring. Connections end with the machine that had them: a restored device tells its driver of a transport
/// reset as soon as it goes on (5.10.6.7), which also has it look at guest_cid again.
/// </content>
public sealed partial class VirtioVsock
{
    /// <inheritdoc/>
    public JsonElement? SaveState() =>
        StateJson.Write(new VsockDeviceState(_table.LastGivenPort), DeviceStateJson.Default.VsockDeviceState);

    /// <inheritdoc/>
    public Action PrepareState(int version, ulong features, JsonElement? state)
    {
        VsockDeviceState saved = StateJson.Read(Name, state ?? default, DeviceStateJson.Default.VsockDeviceState);
        StateJson.Require(VsockTable.IsGiven(saved.LastHostPort), Name, $"last-host-port is {saved.LastHostPort}");
        return () =>
        {
            _table.LastGivenPort = saved.LastHostPort;
            _resetPending = _core.IsActive;
        };
    }
}
