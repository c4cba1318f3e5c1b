namespace Vmm.Trace.Meaning;

/// <summary>Values that both transports of virtio have.</summary>
internal static class VirtioStatus
{
    /// <summary>The device status, Virtio 1.2, 2.1.</summary>
    public static string Text(ulong value) => value == 0 ? "reset" : BitNames.Of(value, "ACKNOWLEDGE", "DRIVER", "DRIVER_OK", "FEATURES_OK", "", "", "NEEDS_RESET", "FAILED");

    /// <summary>The interrupt status, 4.1.4.5 and 4.2.2.</summary>
    public static string Interrupt(ulong value) => BitNames.Of(value, "queue", "configuration");

    /// <summary>32 feature bits, 2.2 and 6: the numbers of those that are set.</summary>
    /// <param name="value">The bits.</param>
    /// <param name="window">Which 32 of them; null when that is not known.</param>
    public static string Features(ulong value, ulong? window)
    {
        if (value == 0)
            return "none";
        List<string> bits = [];
        for (int bit = 0; bit < 32; bit++)
        {
            if ((value >> bit & 1) != 0)
                bits.Add(window is { } known ? Name((int)(Math.Min(known, 3) * 32) + bit) : $"{bit}");
        }
        return string.Join(' ', bits) + (window is null ? " of a window that is not in the trace" : "");
    }

    private static string Name(int bit) => bit switch
    {
        Devices.Virtio.Spec.FeatureBits.VIRTIO_RING_F_INDIRECT_DESC => "INDIRECT_DESC",
        Devices.Virtio.Spec.FeatureBits.VIRTIO_RING_F_EVENT_IDX => "EVENT_IDX",
        Devices.Virtio.Spec.FeatureBits.VIRTIO_F_VERSION_1 => "VERSION_1",
        Devices.Virtio.Spec.FeatureBits.VIRTIO_F_ACCESS_PLATFORM => "ACCESS_PLATFORM",
        Devices.Virtio.Spec.FeatureBits.VIRTIO_F_RING_PACKED => "RING_PACKED",
        Devices.Virtio.Spec.FeatureBits.VIRTIO_F_IN_ORDER => "IN_ORDER",
        Devices.Virtio.Spec.FeatureBits.VIRTIO_F_RING_RESET => "RING_RESET",
        _ => $"{bit}",
    };
}
