using Vmm.Devices.Virtio.Spec;

namespace Vmm.Tests.Devices.Virtio.Harness;

/// <summary>What a guest's driver does to a device's registers, whatever the transport.</summary>
public abstract class GuestDriver
{
    public const byte Acknowledge = DeviceStatus.VIRTIO_CONFIG_S_ACKNOWLEDGE;
    public const byte Driver = Acknowledge | DeviceStatus.VIRTIO_CONFIG_S_DRIVER;
    public const byte FeaturesOk = Driver | DeviceStatus.VIRTIO_CONFIG_S_FEATURES_OK;
    public const byte DriverOk = FeaturesOk | DeviceStatus.VIRTIO_CONFIG_S_DRIVER_OK;
    public const byte NeedsReset = DeviceStatus.VIRTIO_CONFIG_S_NEEDS_RESET;
    public const ulong Version1 = 1UL << FeatureBits.VIRTIO_F_VERSION_1;
    public const ulong EventIndex = 1UL << FeatureBits.VIRTIO_RING_F_EVENT_IDX;
    public const ulong IndirectDescriptors = 1UL << FeatureBits.VIRTIO_RING_F_INDIRECT_DESC;

    /// <summary>Interrupts that arrived, by queue. One transport cannot tell queues apart and counts all for queue 0.</summary>
    public int QueueInterrupts { get; protected set; }

    public int ConfigInterrupts { get; protected set; }

    public abstract byte Status { get; set; }
    public abstract uint ReadFeatures(uint select);
    public abstract void WriteFeatures(uint select, uint value);
    public abstract void SelectQueue(uint queue);
    public abstract uint QueueMaxSize { get; }
    public abstract uint QueueSize { set; }
    public abstract ulong DescriptorsAddress { set; }
    public abstract ulong AvailAddress { set; }
    public abstract ulong UsedAddress { set; }
    public abstract bool QueueEnabled { get; set; }
    public abstract uint ConfigGeneration { get; }
    public abstract void ReadConfig(ulong offset, Span<byte> data);
    public abstract void WriteConfig(ulong offset, ReadOnlySpan<byte> data);

    /// <summary>The guest's notification; a doorbell takes it if there is one.</summary>
    public abstract void Notify(uint queue);

    /// <summary>Any access to the device's registers, by offset from their start.</summary>
    public abstract void WriteRaw(ulong offset, ReadOnlySpan<byte> data);

    public abstract void ReadRaw(ulong offset, Span<byte> data);

    /// <summary>Length of the register space, for fuzzing.</summary>
    public abstract ulong RegisterSpace { get; }

    public ulong OfferedFeatures => ReadFeatures(0) | (ulong)ReadFeatures(1) << 32;

    /// <summary>Chooses features; true if the device agrees.</summary>
    public bool Negotiate(ulong features)
    {
        Status = Acknowledge;
        Status = Driver;
        WriteFeatures(0, (uint)features);
        WriteFeatures(1, (uint)(features >> 32));
        Status = FeaturesOk;
        return Status == FeaturesOk;
    }

    public void SetUp(uint queue, DriverQueue rings)
    {
        SelectQueue(queue);
        QueueSize = rings.Size;
        DescriptorsAddress = rings.Descriptors;
        AvailAddress = rings.Avail;
        UsedAddress = rings.Used;
        QueueEnabled = true;
    }
}
