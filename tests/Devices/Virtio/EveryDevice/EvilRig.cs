using Vmm.Devices.Virtio;
using Vmm.Guest.Memory;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Devices.Virtio.EveryDevice;

/// <summary>Any device, on either transport, before a driver that may do as it likes. RAM is two adjoining regions.</summary>
internal sealed class EvilRig : IDisposable
{
    public const ulong RamSize = 1 << 20;

    /// <summary>Where one region ends and the next begins, elsewhere in the host.</summary>
    public const ulong Seam = RamSize / 2;

    /// <summary>Buffers; everything below is for rings.</summary>
    public const ulong Buffers = 0x4_0000;

    /// <summary>For honest requests that cross the seam at an odd place.</summary>
    public const ulong AcrossTheSeam = Seam - 5;

    private const ulong FirstRing = 0x1000;
    private const ulong RingStride = 0x800;
    private const ushort MaxRing = 16;

    public EvilRig(string device, TransportKind kind)
    {
        Subject = DeviceSubjects.Make(device);
        Ram = new TestRam((0UL, Seam), (Seam, RamSize - Seam));
        Core = new VirtioDeviceCore(Subject.Device, Ram.Memory, Doorbells);
        Driver = kind == TransportKind.Mmio ? new MmioDriver(Core, Doorbells) : new PciDriver(Core, Doorbells);
        for (int i = 0; i < Core.QueueCount; i++)
            Queues.Add(Rings(i));
        Subject.Attached(this);
        AllFeatures = Driver.OfferedFeatures & ~GuestDriver.EventIndex;
    }

    public DeviceSubject Subject { get; }
    public TestRam Ram { get; }
    public TestDoorbells Doorbells { get; } = new();
    public VirtioDeviceCore Core { get; }
    public GuestDriver Driver { get; }
    public List<DriverQueue> Queues { get; } = [];

    /// <summary>All that is offered, but for the event index.</summary>
    public ulong AllFeatures { get; }

    public bool NeedsReset => (Driver.Status & GuestDriver.NeedsReset) != 0;

    /// <summary>The whole initialisation sequence, up to DRIVER_OK.</summary>
    public EvilRig Start(ulong? features = null)
    {
        Prepare(features);
        Driver.Status = GuestDriver.DriverOk;
        Assert.Equal(GuestDriver.DriverOk, Driver.Status);
        Doorbells.Run();
        return this;
    }

    /// <summary>All of it but DRIVER_OK.</summary>
    public EvilRig Prepare(ulong? features = null)
    {
        Assert.True(Driver.Negotiate(features ?? AllFeatures), "features refused");
        for (int i = 0; i < Queues.Count; i++)
        {
            Queues[i] = Rings(i);
            Driver.SetUp((uint)i, Queues[i]);
        }
        return this;
    }

    /// <summary>Notifies a queue; the device works, then something happens on the host's side, and it works on.</summary>
    public void Turn(int queue)
    {
        Driver.Notify((uint)queue);
        Doorbells.Run();
        Subject.Stimulate();
        Doorbells.Run();
    }

    /// <summary>What the device changed in <see cref="Do"/>, by page, while writes are recorded; each is checked to be marked.</summary>
    public int ChangedPages { get; private set; }

    /// <summary>One honest chain, to its end.</summary>
    /// <returns>How many bytes the device says it wrote.</returns>
    public uint Do(int queue, params ReadOnlySpan<GuestBuffer> buffers)
    {
        DriverQueue rings = Queues[queue];
        ushort before = rings.UsedIndex;
        ushort head = rings.Add(buffers);
        byte[]? untouched = Ram.Memory.Dirty is null ? null : Read(0, (int)RamSize);
        Ram.Memory.Dirty?.Clear();
        Turn(queue);
        if (untouched is not null)
            AssertMarked(untouched);
        Assert.Equal(before + 1, rings.UsedIndex);
        (uint id, uint length) = rings.UsedElement(before);
        Assert.Equal(head, id);
        return length;
    }

    /// <summary>Whatever the driver did, a reset makes all well.</summary>
    public void AssertRecovers()
    {
        Assert.True(Ram.GuardsAreIntact);
        Driver.Status = 0;
        Assert.Equal(0, Driver.Status);
        Ram.Bytes(0, (int)Seam).Clear();
        Start();
        Subject.AssertWorks(this, Buffers);
        Assert.False(NeedsReset);
        Assert.True(Ram.GuardsAreIntact);
    }

    /// <summary>The driver of another rig, whose device was restored here, goes on with this one's.</summary>
    public void TakeDriversPlace(EvilRig other)
    {
        for (int i = 0; i < Queues.Count; i++)
            Queues[i] = other.Queues[i].On(Ram);
    }

    /// <summary>Reads guest memory, across the seam too.</summary>
    public byte[] Read(ulong address, int length)
    {
        byte[] bytes = new byte[length];
        Assert.True(Ram.Memory.TryRead(new GuestAddress(address), bytes));
        return bytes;
    }

    public void Write(ulong address, ReadOnlySpan<byte> bytes) => Assert.True(Ram.Memory.TryWrite(new GuestAddress(address), bytes));

    public void Dispose()
    {
        Subject.Dispose();
        Ram.Dispose();
    }

    private void AssertMarked(byte[] before)
    {
        byte[] after = Read(0, (int)RamSize);
        for (int at = 0; at < before.Length; at += (int)DirtyBitmap.PageSize)
        {
            if (before.AsSpan(at, (int)DirtyBitmap.PageSize).SequenceEqual(after.AsSpan(at, (int)DirtyBitmap.PageSize)))
                continue;
            ChangedPages++;
            Assert.True(Ram.Memory.Dirty!.IsMarked((ulong)at), $"the device wrote at 0x{at:x}, and the page is not marked");
        }
    }

    private DriverQueue Rings(int queue) =>
        new(Ram, FirstRing + (ulong)queue * RingStride, Math.Min(MaxRing, Core.QueueMaxSize((uint)queue)));
}
