using System.Buffers.Binary;
using System.Text.Json;
using Vmm.Devices.State;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Devices.Virtio.Console;

/// <content>Saving and restoring. A terminal of another size is told to the guest as such, by <see cref="Resize"/>.</content>
public sealed partial class VirtioConsole
{
    /// <inheritdoc/>
    /// <remarks>A machine that was saved at a terminal may go on without one: it has the old size then.</remarks>
    public ulong RestorableFeatures => FeatureBits.Mask(ConsoleDevice.VIRTIO_CONSOLE_F_SIZE);

    /// <inheritdoc/>
    public JsonElement? SaveState() => StateJson.Write(
        new ConsoleState(
            BinaryPrimitives.ReadUInt16LittleEndian(_config.AsSpan(ConsoleDevice.ConfigColumns)),
            BinaryPrimitives.ReadUInt16LittleEndian(_config.AsSpan(ConsoleDevice.ConfigRows)),
            _port.Transmitted),
        DeviceStateJson.Default.ConsoleState);

    /// <inheritdoc/>
    public Action PrepareState(int version, ulong features, JsonElement? state)
    {
        ConsoleState saved = StateJson.Read(Name, state ?? default, DeviceStateJson.Default.ConsoleState);
        StateJson.Require(
            saved.Transmitted <= SplitRingLayout.MaxChainBytes,
            Name,
            $"transmitted is {saved.Transmitted}, more than a buffer can have");
        return () =>
        {
            SetSize(new ConsoleSize(saved.Columns, saved.Rows));
            _port.Transmitted = saved.Transmitted;
        };
    }
}
