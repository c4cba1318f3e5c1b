namespace Vmm.Devices.Virtio.Transport;

/// <summary>Where the structures of Virtio 1.2, 4.1.4 are in this transport's BAR: a page each, so that a guest may map them apart.</summary>
public static class VirtioPciLayout
{
    /// <summary>The BAR that holds the structures.</summary>
    public const int Bar = 0;

    /// <summary>The BAR that holds MSI-X table and pending bits.</summary>
    public const int MsixBar = 2;

    /// <summary>Common configuration.</summary>
    public const uint Common = 0x0000;

    /// <summary>ISR status.</summary>
    public const uint Isr = 0x1000;

    /// <summary>The device's own configuration.</summary>
    public const uint DeviceConfig = 0x2000;

    /// <summary>Notifications.</summary>
    public const uint Notify = 0x3000;

    /// <summary>Room for each of them.</summary>
    public const uint BlockSize = 0x1000;

    /// <summary>Length of the BAR.</summary>
    public const uint BarSize = 0x4000;

    /// <summary>Every queue has a notification address of its own, this far from the one before (4.1.4.4).</summary>
    public const uint NotifyMultiplier = 4;

    /// <summary>Length of the ISR status field (4.1.4.5).</summary>
    public const uint IsrSize = 1;
}
