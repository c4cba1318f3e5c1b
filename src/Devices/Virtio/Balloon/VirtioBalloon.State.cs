using System.Text.Json;
using Vmm.Devices.State;

namespace Vmm.Devices.Virtio.Balloon;

/// <content>
/// Saving and restoring. Statistics are not part of it: the driver's buffer is in its queue again, and what it tells is
/// read from there when the device goes on.
/// </content>
public sealed partial class VirtioBalloon
{
    /// <inheritdoc/>
    public JsonElement? SaveState() => StateJson.Write(
        new BalloonState(_config.Target, _config.Actual, _config.PoisonValue, _pages.Save()),
        DeviceStateJson.Default.BalloonState);

    /// <inheritdoc/>
    public Action PrepareState(int version, ulong features, JsonElement? state)
    {
        BalloonState saved = StateJson.Read(Name, state ?? default, DeviceStateJson.Default.BalloonState);
        _pages.Check(Name, saved.Pages);
        return () =>
        {
            _config.Target = saved.Target;
            _config.Restore(saved.Actual, saved.PoisonValue);
            _pages.Restore(saved.Pages);
            Counters.NoteInflated(_pages.Count);
        };
    }
}
