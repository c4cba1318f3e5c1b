using System.Text.Json;
using Vmm.Devices.State;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Devices.Virtio.Transport;

/// <content>
/// Saving and restoring what is in the BAR. Configuration space, with the window of 4.1.4.9, and the MSI-X table are the
/// PCI bus's to save; the request at the interrupt pin follows from the causes here.
/// </content>
public sealed partial class VirtioPci
{
    /// <inheritdoc/>
    public JsonElement SaveState() => StateJson.Write(
        new VirtioPciState(
            _core.IsDetained,
            _isr.Causes,
            _common.DeviceFeaturesSelect,
            _common.DriverFeaturesSelect,
            _common.QueueSelect,
            _vectors.Config,
            _vectors.Queues),
        DeviceStateJson.Default.VirtioPciState);

    /// <inheritdoc/>
    public Action PrepareState(int version, JsonElement state)
    {
        VirtioPciState saved = StateJson.Read(Name, state, DeviceStateJson.Default.VirtioPciState);
        // The bus was restored before.
        StateJson.Require(!saved.Detained || !BusMasterEnabled, Name, "detained, and yet a bus master");
        const byte causes = PciRegisters.VIRTIO_PCI_ISR_QUEUE | PciRegisters.VIRTIO_PCI_ISR_CONFIG;
        StateJson.Require((saved.Isr & ~causes) == 0, Name, $"isr 0x{saved.Isr:x2} has bits that there are not");
        StateJson.Require(
            saved.QueueVectors.Length == _core.QueueCount,
            Name,
            $"queue-vectors: there are {saved.QueueVectors.Length}, and {_core.QueueCount} queues here");
        foreach (ushort vector in (ReadOnlySpan<ushort>)[saved.ConfigVector, .. saved.QueueVectors])
            StateJson.Require(_vectors.IsLegal(vector), Name, $"vector {vector} is none that the function has");
        return () =>
        {
            _core.Detain(saved.Detained);
            _common.Select(saved.DeviceFeaturesSelect, saved.DriverFeaturesSelect, saved.QueueSelect);
            _vectors.SetConfig(saved.ConfigVector);
            for (int i = 0; i < saved.QueueVectors.Length; i++)
                _vectors.SetQueue(i, saved.QueueVectors[i]);
            if (saved.Isr != 0)
                _isr.Set(saved.Isr);
        };
    }
}
