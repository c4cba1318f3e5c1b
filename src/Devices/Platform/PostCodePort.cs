using System.Text.Json;
using Vmm.Devices.Bus;
using Vmm.Devices.State;

namespace Vmm.Devices.Platform;

/// <summary>Port 0x80. Firmware shows its progress there, and kernels write to it only to let a microsecond pass. The last value can be read back.</summary>
public sealed class PostCodePort : IBusDevice, IStateful
{
    private volatile byte _last;

    /// <inheritdoc/>
    public string Name => "post-code";

    /// <inheritdoc/>
    public string StateName => Name;

    /// <inheritdoc/>
    public int StateVersion => 1;

    /// <inheritdoc/>
    public void Read(ulong offset, Span<byte> data) => data.Fill(_last);

    /// <inheritdoc/>
    public void Write(ulong offset, ReadOnlySpan<byte> data) => _last = data[0];

    /// <inheritdoc/>
    public JsonElement SaveState() => StateJson.Write(new LatchState(_last), DeviceStateJson.Default.LatchState);

    /// <inheritdoc/>
    public void RestoreState(int version, JsonElement state)
    {
        LatchState saved = StateJson.Read(this, version, state, DeviceStateJson.Default.LatchState);
        _last = saved.Value;
    }
}
