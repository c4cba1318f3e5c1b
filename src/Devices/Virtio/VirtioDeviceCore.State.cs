using System.Text.Json;
using Vmm.Devices.State;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Devices.Virtio;

/// <content>
/// Saving and restoring: one section for the core, the transport and the device. It is saved quiesced, and so it is when
/// it was restored: <see cref="Resume"/> sets it going, and looks for what the driver had put in and nobody had taken.
/// </content>
public sealed partial class VirtioDeviceCore : IStateful
{
    private const byte NeedsReset = DeviceStatus.VIRTIO_CONFIG_S_NEEDS_RESET;

    /// <inheritdoc/>
    public string StateName => Device.Name;

    /// <inheritdoc/>
    public int StateVersion => 1;

    /// <summary>Whether the bus keeps it from memory.</summary>
    internal bool IsDetained => _isDetained;

    private IVirtioTransport Transport => _transport ?? throw new InvalidOperationException($"{Device.Name} is on no transport");

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">It is not quiesced.</exception>
    public JsonElement SaveState()
    {
        using Scope scope = Enter();
        if (!_held || _resetting || InFlight != 0)
            throw new InvalidOperationException($"{Device.Name} is saved without being quiesced: {InFlight} chains in flight");
        var state = new VirtioState(
            Status,
            DriverFeatures,
            _choseBeyondOffer,
            ConfigGeneration,
            _configChanged,
            _changedWhileStarting,
            [.. _queues.Select(q => q.Save())],
            Transport.SaveState(),
            Device.SaveState());
        return StateJson.Write(state, DeviceStateJson.Default.VirtioState);
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">It is in use already.</exception>
    public void RestoreState(int version, JsonElement state)
    {
        VirtioState saved = StateJson.Read(this, version, state, DeviceStateJson.Default.VirtioState);
        using Scope scope = Enter();
        if (Status != 0 || _resetting || InFlight != 0)
            throw new InvalidOperationException($"{Device.Name} is to be restored, and in use");
        bool isActive = (saved.Status & (DeviceStatus.VIRTIO_CONFIG_S_DRIVER_OK | NeedsReset)) == DeviceStatus.VIRTIO_CONFIG_S_DRIVER_OK;
        Check(saved, isActive);
        Action restoreTransport = Transport.PrepareState(version, saved.Transport);
        Action restoreDevice = Device.PrepareState(version, saved.DriverFeatures, saved.Device);

        TakeOver(saved, isActive);
        restoreTransport();
        if ((saved.Status & DeviceStatus.VIRTIO_CONFIG_S_FEATURES_OK) != 0)
            Device.FeaturesAgreed(DriverFeatures);
        if (isActive)
            Device.Activate(DriverFeatures);
        restoreDevice();
        if (isActive)
            Transport.Activated();
    }

    private void Check(VirtioState saved, bool isActive)
    {
        byte status = saved.Status;
        Require(
            (status & ~(DriverBits | NeedsReset)) == 0
                && IsInOrder((byte)(status & DriverBits))
                && ((status & NeedsReset) == 0 || (status & DeviceStatus.VIRTIO_CONFIG_S_DRIVER_OK) != 0),
            $"status 0x{status:x2} is none that a device can have");
        if ((status & DeviceStatus.VIRTIO_CONFIG_S_FEATURES_OK) != 0)
        {
            ulong missing = saved.DriverFeatures & ~(OfferedFeatures | Device.RestorableFeatures);
            Require(missing == 0, $"driver-features: the guest uses 0x{missing:x}, which the device here does not offer");
            Require(
                !saved.ChoseBeyondOffer
                    && (saved.DriverFeatures >> FeatureBits.VIRTIO_F_VERSION_1 & 1) != 0
                    && Device.AcceptsFeatures(saved.DriverFeatures),
                $"driver-features 0x{saved.DriverFeatures:x} is none that can be agreed on");
        }
        Require(saved.Queues.Length == _queues.Length, $"queues: there are {saved.Queues.Length}, and {_queues.Length} here");
        for (int i = 0; i < _queues.Length; i++)
        {
            VirtqueueState? queue = saved.Queues[i];
            Require(queue is not null, $"queues: queue {i} is null");
            bool isReady = (status & DeviceStatus.VIRTIO_CONFIG_S_DRIVER_OK) != 0;
            Require(isReady || !queue.Stopped, $"queues: queue {i} was stopped before the driver was ready");
            _queues[i].Check(StateName, queue, isActive);
        }
    }

    private void TakeOver(VirtioState saved, bool isActive)
    {
        Status = saved.Status;
        DriverFeatures = saved.DriverFeatures;
        _choseBeyondOffer = saved.ChoseBeyondOffer;
        ConfigGeneration = saved.ConfigGeneration;
        _configChanged = saved.ConfigChanged;
        _changedWhileStarting = saved.ChangedWhileStarting;
        _held = true;
        bool eventIndex = Has(FeatureBits.VIRTIO_RING_F_EVENT_IDX);
        bool indirect = Has(FeatureBits.VIRTIO_RING_F_INDIRECT_DESC);
        for (int i = 0; i < _queues.Length; i++)
            _queues[i].Restore(saved.Queues[i], isActive, eventIndex, indirect);
    }

    private void Require([System.Diagnostics.CodeAnalysis.DoesNotReturnIf(false)] bool holds, string what) => StateJson.Require(holds, StateName, what);
}
