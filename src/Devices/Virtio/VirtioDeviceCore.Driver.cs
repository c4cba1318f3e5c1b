using Vmm.Devices.Doorbells;
using Vmm.Devices.Virtio.Queue;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Devices.Virtio;

/// <content>The driver's side: what the registers of either transport do.</content>
public sealed partial class VirtioDeviceCore
{
    /// <summary>Puts the transport in front. Once.</summary>
    public void Connect(IVirtioTransport transport) => _transport = transport;

    /// <summary>What a guest's notification of a queue rings.</summary>
    public IDoorbellTarget Doorbell(int queue) => _doorbells[queue];

    /// <summary>The driver notified a queue and the write was trapped. A queue that is absent or not live is ignored.</summary>
    public void Notify(uint queue)
    {
        if (queue < (uint)_queues.Length && IsActive && _queues[queue].IsLive)
            Post((int)queue);
    }

    /// <summary>32 of the offered features; 0 beyond the last.</summary>
    public uint ReadOfferedFeatures(uint select) => select <= 1 ? (uint)(OfferedFeatures >> (int)(select * 32)) : 0;

    /// <summary>32 of the features the driver chose.</summary>
    public uint ReadDriverFeatures(uint select) => select <= 1 ? (uint)(DriverFeatures >> (int)(select * 32)) : 0;

    /// <summary>The driver chooses 32 features. Ignored once FEATURES_OK is set; bits beyond 63 count as not offered.</summary>
    public void WriteDriverFeatures(uint select, uint value)
    {
        using Scope scope = EnterSettled();
        if ((Status & DeviceStatus.VIRTIO_CONFIG_S_FEATURES_OK) != 0)
            return;
        if (select > 1)
        {
            _choseBeyondOffer |= value != 0;
            return;
        }
        int shift = (int)(select * 32);
        DriverFeatures = (DriverFeatures & ~(0xffff_ffffUL << shift)) | (ulong)value << shift;
    }

    /// <summary>The driver writes the device status. 0 resets; otherwise bits can only be added, each after the one before it.</summary>
    /// <param name="value">The new status.</param>
    /// <param name="waitForReset">For a transport whose drivers do not poll: return only when the reset is complete.</param>
    public void WriteStatus(byte value, bool waitForReset)
    {
        using Scope scope = value == 0 ? Enter() : EnterSettled();
        if (value == 0)
        {
            BeginReset();
            if (waitForReset)
                WaitForReset();
            return;
        }
        var wanted = (byte)(value & DriverBits);
        if ((Status & DriverBits & ~wanted) != 0 || !IsInOrder(wanted))
            return;
        var added = (byte)(wanted & ~Status);
        if ((added & DeviceStatus.VIRTIO_CONFIG_S_FEATURES_OK) != 0 && !FeaturesAreAcceptable())
            wanted &= unchecked((byte)~(DeviceStatus.VIRTIO_CONFIG_S_FEATURES_OK | DeviceStatus.VIRTIO_CONFIG_S_DRIVER_OK));
        added = (byte)(wanted & ~Status);
        Status |= added;
        if ((added & DeviceStatus.VIRTIO_CONFIG_S_FEATURES_OK) != 0)
            Device.FeaturesAgreed(DriverFeatures);
        if ((added & DeviceStatus.VIRTIO_CONFIG_S_DRIVER_OK) != 0)
            Activate();
    }

    /// <summary>Largest size of a queue; 0 if there is no such queue.</summary>
    public ushort QueueMaxSize(uint queue) => queue < (uint)_queues.Length ? _queues[queue].MaxSize : (ushort)0;

    /// <summary>A queue's registers as the driver left them; zeros if there is no such queue.</summary>
    public VirtqueueConfig ReadQueueConfig(uint queue)
    {
        using Scope scope = Enter();
        return queue < (uint)_queues.Length ? _queues[queue].Config : default;
    }

    /// <summary>
    /// The driver writes a queue's registers. Ignored for a queue that is absent or enabled, and for all once the
    /// driver said it is ready: what was checked at activation cannot change afterwards (CVE-2026-5747 was this).
    /// </summary>
    public void WriteQueueConfig(uint queue, QueueRegister register, uint value)
    {
        using Scope scope = EnterSettled();
        if (queue < (uint)_queues.Length && !_queues[queue].Config.Enabled && !IsReady)
            _queues[queue].Config.Set(register, value);
    }

    /// <summary>The driver makes a queue live, or (before it is ready) takes that back. Live means: from DRIVER_OK on.</summary>
    public void EnableQueue(uint queue, bool enable)
    {
        using Scope scope = EnterSettled();
        if (queue >= (uint)_queues.Length)
            return;
        if (!IsReady)
            _queues[queue].Config.Enabled = enable;
        else if (!enable)
        {
            _queues[queue].Stop();
            // For a device that took buffers ahead, and has to give them up now.
            Post((int)queue);
        }
    }

    /// <summary>Whether a queue is enabled; one that was stopped still is, until nothing of it is in flight.</summary>
    public bool IsQueueEnabled(uint queue)
    {
        using Scope scope = Enter();
        if (queue >= (uint)_queues.Length)
            return false;
        Virtqueue it = _queues[queue];
        return it.Config.Enabled && !(IsReady && it.IsStopped && it.InFlight == 0);
    }

    /// <summary>The driver reads the configuration; what lies beyond its end reads as 0.</summary>
    public void ReadConfig(ulong offset, Span<byte> data)
    {
        data.Clear();
        using Scope scope = Enter();
        if (_configChanged)
            ConfigGeneration++;
        _configChanged = false;
        ReadOnlySpan<byte> config = Device.Config;
        if (offset < (ulong)config.Length)
        {
            config = config[(int)offset..];
            config[..Math.Min(config.Length, data.Length)].CopyTo(data);
        }
    }

    /// <summary>The driver writes the configuration; what lies beyond its end is dropped.</summary>
    public void WriteConfig(ulong offset, ReadOnlySpan<byte> data)
    {
        using Scope scope = EnterSettled();
        int size = Device.Config.Length;
        if (offset < (ulong)size)
            Device.WriteConfig((int)offset, data[..Math.Min(data.Length, size - (int)offset)]);
    }

    private bool IsReady => (Status & DeviceStatus.VIRTIO_CONFIG_S_DRIVER_OK) != 0;

    private static bool IsInOrder(byte status)
    {
        const byte ack = DeviceStatus.VIRTIO_CONFIG_S_ACKNOWLEDGE;
        const byte driver = ack | DeviceStatus.VIRTIO_CONFIG_S_DRIVER;
        const byte features = driver | DeviceStatus.VIRTIO_CONFIG_S_FEATURES_OK;
        const byte ready = features | DeviceStatus.VIRTIO_CONFIG_S_DRIVER_OK;
        return (status & ready) is 0 or ack or driver or features or ready;
    }

    private bool FeaturesAreAcceptable() =>
        !_choseBeyondOffer
        && (DriverFeatures & ~OfferedFeatures) == 0
        && Has(FeatureBits.VIRTIO_F_VERSION_1)
        && Device.AcceptsFeatures(DriverFeatures);
}
