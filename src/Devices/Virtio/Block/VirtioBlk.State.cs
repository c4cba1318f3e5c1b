using System.Text.Json;
using Vmm.Devices.State;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Devices.Virtio.Block;

/// <content>Saving and restoring.</content>
public sealed partial class VirtioBlk
{
    /// <inheritdoc/>
    public JsonElement? SaveState() =>
        StateJson.Write(new BlkState(_config[BlockDevice.ConfigWriteback]), DeviceStateJson.Default.BlkState);

    /// <inheritdoc/>
    public Action PrepareState(int version, ulong features, JsonElement? state)
    {
        BlkState saved = StateJson.Read(Name, state ?? default, DeviceStateJson.Default.BlkState);
        bool mayBeOff = (features & FeatureBits.Mask(BlockDevice.VIRTIO_BLK_F_CONFIG_WCE)) != 0;
        StateJson.Require(saved.Writeback == 1 || (saved.Writeback == 0 && mayBeOff), Name, $"writeback is {saved.Writeback}");
        return () => _config[BlockDevice.ConfigWriteback] = saved.Writeback;
    }
}
