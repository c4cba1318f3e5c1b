using Vmm.Devices.Virtio;

namespace Vmm.Tests.Devices.Virtio.Harness;

/// <summary>Which transport a test drives.</summary>
public enum TransportKind
{
    Mmio,
    Pci,
}

/// <summary>RAM, an event thread, a device on a transport and a driver for it.</summary>
public sealed class Rig : IDisposable
{
    public const ulong RamSize = 1 << 20;
    public const ulong FirstRing = 0x1000;
    public const ulong RingStride = 0x1000;
    public const ulong BufferStart = 0x1_0000;
    public const ulong DefaultFeatures = GuestDriver.Version1 | GuestDriver.IndirectDescriptors;

    public Rig(TransportKind kind, IVirtioDevice device)
        : this(kind, device, (0UL, RamSize))
    {
    }

    public Rig(TransportKind kind, IVirtioDevice device, params ReadOnlySpan<(ulong Start, ulong Size)> regions)
        : this(device, (core, doorbells) => kind == TransportKind.Mmio ? new MmioDriver(core, doorbells) : new PciDriver(core, doorbells), regions)
    {
    }

    public Rig(IVirtioDevice device, Func<VirtioDeviceCore, TestDoorbells, GuestDriver> transport, params ReadOnlySpan<(ulong Start, ulong Size)> regions)
    {
        Ram = new TestRam(regions.IsEmpty ? [(0UL, RamSize)] : regions);
        Core = new VirtioDeviceCore(device, Ram.Memory, Doorbells);
        Driver = transport(Core, Doorbells);
        for (int i = 0; i < Core.QueueCount; i++)
            Queues.Add(new DriverQueue(Ram, FirstRing + (ulong)i * RingStride, Core.QueueMaxSize((uint)i)));
    }

    public TestRam Ram { get; }
    public TestDoorbells Doorbells { get; } = new();
    public VirtioDeviceCore Core { get; }
    public GuestDriver Driver { get; }
    public List<DriverQueue> Queues { get; } = [];

    /// <summary>The whole initialisation sequence, up to DRIVER_OK.</summary>
    public Rig Start(ulong features = DefaultFeatures)
    {
        Prepare(features);
        Driver.Status = GuestDriver.DriverOk;
        Doorbells.Run();
        return this;
    }

    /// <summary>All of it but DRIVER_OK.</summary>
    public Rig Prepare(ulong features = DefaultFeatures)
    {
        if (!Driver.Negotiate(features))
            throw new InvalidOperationException("features refused");
        for (int i = 0; i < Queues.Count; i++)
            Driver.SetUp((uint)i, Queues[i]);
        return this;
    }

    /// <summary>Notifies a queue and lets the event thread work.</summary>
    public void Kick(uint queue)
    {
        Driver.Notify(queue);
        Doorbells.Run();
    }

    public bool NeedsReset => (Driver.Status & GuestDriver.NeedsReset) != 0;

    public void Dispose() => Ram.Dispose();
}
