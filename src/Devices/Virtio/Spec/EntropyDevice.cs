namespace Vmm.Devices.Virtio.Spec;

/// <summary>The entropy device. Virtio 1.2, 5.4: one queue, no features, no configuration.</summary>
public static class EntropyDevice
{
    /// <summary>Queue 0: buffers to fill. 5.4.2.</summary>
    public const int RequestQueue = 0;
}
