using System.Text.Json;
using Vmm.Devices.Platform.Spec;
using Vmm.Devices.State;

namespace Vmm.Devices.Platform;

/// <content>Saving and restoring. The time itself is the host's; what the guest did to it is its distance from that.</content>
public sealed partial class Cmos : IStateful
{
    /// <inheritdoc/>
    public string StateName => Name;

    /// <inheritdoc/>
    public int StateVersion => 1;

    /// <inheritdoc/>
    public JsonElement SaveState()
    {
        lock (_lock)
            return StateJson.Write(new CmosState(_index, _offset.Ticks, [.. _memory]), DeviceStateJson.Default.CmosState);
    }

    /// <inheritdoc/>
    public void RestoreState(int version, JsonElement state)
    {
        CmosState saved = StateJson.Read(this, version, state, DeviceStateJson.Default.CmosState);
        Require((saved.Index & ~CmosSpec.IndexMask) == 0, $"index is 0x{saved.Index:x2}");
        long most = (DateTime.MaxValue - DateTime.MinValue).Ticks;
        Require(saved.Offset >= -most && saved.Offset <= most, $"offset is {saved.Offset}, further than any time from another");
        Require(saved.Memory.Length == CmosSpec.Size, $"memory has {saved.Memory.Length} bytes instead of {CmosSpec.Size}");
        Require((saved.Memory[CmosSpec.StatusA] & CmosSpec.UpdateInProgress) == 0, "status A says that an update is in progress");
        foreach (int register in (ReadOnlySpan<int>)[CmosSpec.StatusC, CmosSpec.StatusD])
            Require(saved.Memory[register] == _memory[register], $"register 0x{register:x2}, which is read-only, is 0x{saved.Memory[register]:x2}, and 0x{_memory[register]:x2} here");
        lock (_lock)
        {
            _index = saved.Index;
            _offset = new TimeSpan(saved.Offset);
            saved.Memory.CopyTo(_memory, 0);
        }
    }

    private void Require(bool holds, string what) => StateJson.Require(holds, StateName, what);
}
