using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using Vmm.Devices.Doorbells;
using Vmm.Devices.Virtio;
using Vmm.Devices.Virtio.Block;
using Vmm.Devices.Virtio.Queue;
using Vmm.Devices.Virtio.Spec;
using Vmm.Guest.Memory;
using Xunit;

namespace Vmm.Tests.Devices.Virtio.Block;

/// <summary>The guest's side of a block device: memory in two adjoining regions, a queue, and requests laid out as a test wants them.</summary>
internal sealed unsafe class BlkDriver : IDisposable, IDoorbellHost, IVirtioTransport
{
    public const ulong Data = 0x10000;

    /// <summary>Where the first region ends and the second begins, elsewhere in the host.</summary>
    public const ulong Seam = 0x40000;

    private const ulong Ram = 0x80000;
    private const ulong Table = 0x1000;
    private const ulong Avail = 0x3000;
    private const ulong Used = 0x4000;
    private const ulong Headers = 0x8000;
    private const byte Untouched = 0xEE;

    private readonly nint _low = (nint)NativeMemory.AllocZeroed((nuint)Seam);
    private readonly nint _high = (nint)NativeMemory.AllocZeroed((nuint)(Ram - Seam));
    private readonly Queue<IDoorbellTarget> _posted = new();
    private ushort _nextDescriptor;
    private ushort _avail;
    private ushort _seen;

    public BlkDriver(FakeDisk disk, ulong? features = null)
    {
        Disk = disk;
        Memory = new GuestMemory(
            new MemoryRegion(new GuestAddress(0), Seam, _low),
            new MemoryRegion(new GuestAddress(Seam), Ram - Seam, _high));
        Device = new VirtioBlk("disk0", disk);
        Core = new VirtioDeviceCore(Device, Memory, this);
        Core.Connect(this);
        Start(features ?? Core.OfferedFeatures & ~FeatureBits.Mask(FeatureBits.VIRTIO_RING_F_EVENT_IDX));
    }

    public FakeDisk Disk { get; }

    public GuestMemory Memory { get; }

    public VirtioBlk Device { get; }

    public VirtioDeviceCore Core { get; }

    public int QueueInterrupts { get; private set; }

    public int ConfigInterrupts { get; private set; }

    public bool NeedsReset => (Core.Status & DeviceStatus.VIRTIO_CONFIG_S_NEEDS_RESET) != 0;

    /// <summary>A descriptor: where, how long, and whether the device writes there.</summary>
    public readonly record struct Part(ulong Address, uint Length, bool Write);

    public static Part Out(ulong address, uint length) => new(address, length, false);

    public static Part In(ulong address, uint length) => new(address, length, true);

    public void Start(ulong features)
    {
        _nextDescriptor = _avail = _seen = 0;
        Memory.TryClear(new GuestAddress(Table), Headers - Table);
        Core.WriteStatus(DeviceStatus.VIRTIO_CONFIG_S_ACKNOWLEDGE, false);
        Core.WriteStatus(3, false);
        Core.WriteDriverFeatures(0, (uint)features);
        Core.WriteDriverFeatures(1, (uint)((features | FeatureBits.Mask(FeatureBits.VIRTIO_F_VERSION_1)) >> 32));
        Core.WriteStatus(11, false);
        Core.WriteQueueConfig(0, QueueRegister.DescriptorsLow, (uint)Table);
        Core.WriteQueueConfig(0, QueueRegister.AvailLow, (uint)Avail);
        Core.WriteQueueConfig(0, QueueRegister.UsedLow, (uint)Used);
        Core.EnableQueue(0, true);
        Core.WriteStatus(15, false);
        Assert.Equal(15, Core.Status);
        Pump();
    }

    /// <summary>Writes a request header; returns where.</summary>
    public ulong Header(uint type, ulong sector)
    {
        ulong address = Headers + (ulong)(_avail % 64) * 64;
        Span<byte> header = stackalloc byte[17];
        BinaryPrimitives.WriteUInt32LittleEndian(header, type);
        BinaryPrimitives.WriteUInt64LittleEndian(header[8..], sector);
        header[16] = Untouched;
        Memory.TryWrite(new GuestAddress(address), header);
        return address;
    }

    /// <summary>Makes a chain available and returns its head.</summary>
    public ushort Push(params ReadOnlySpan<Part> parts)
    {
        ushort head = _nextDescriptor;
        Span<byte> descriptor = stackalloc byte[16];
        for (int i = 0; i < parts.Length; i++)
        {
            bool last = i == parts.Length - 1;
            BinaryPrimitives.WriteUInt64LittleEndian(descriptor, parts[i].Address);
            BinaryPrimitives.WriteUInt32LittleEndian(descriptor[8..], parts[i].Length);
            BinaryPrimitives.WriteUInt16LittleEndian(descriptor[12..], (ushort)((parts[i].Write ? 2 : 0) | (last ? 0 : 1)));
            ushort index = _nextDescriptor;
            _nextDescriptor = (ushort)((index + 1) % 256);
            BinaryPrimitives.WriteUInt16LittleEndian(descriptor[14..], _nextDescriptor);
            Memory.TryWrite(new GuestAddress(Table + index * 16UL), descriptor);
        }
        Memory.TryWrite(new GuestAddress(Avail + 4 + (ulong)(_avail % 256) * 2), head);
        _avail++;
        Memory.TryWrite(new GuestAddress(Avail + 2), _avail);
        return head;
    }

    /// <summary>A read or write laid out as usual; returns where its status byte is.</summary>
    public ulong PushData(uint type, ulong sector, uint length, ulong address = Data)
    {
        ulong header = Header(type, sector);
        ulong status = header + 16;
        if (type == BlockDevice.VIRTIO_BLK_T_IN)
            Push(Out(header, 16), In(address, length), In(status, 1));
        else
            Push(Out(header, 16), Out(address, length), In(status, 1));
        return status;
    }

    /// <summary>A request with the given data to read or write, done to its end; returns its status.</summary>
    public byte Do(uint type, ulong sector, params ReadOnlySpan<Part> data)
    {
        ulong header = Header(type, sector);
        Part[] parts = [Out(header, 16), .. data, In(header + 16, 1)];
        Push(parts);
        Kick();
        return Byte(header + 16);
    }

    public void Kick()
    {
        Core.Notify(0);
        Pump();
    }

    /// <summary>Runs what was posted to the event thread.</summary>
    public void Pump()
    {
        while (_posted.TryDequeue(out IDoorbellTarget? target))
            target.Ring();
    }

    /// <summary>The next used element, or null.</summary>
    public (uint Head, uint Length)? NextUsed()
    {
        Memory.TryRead(new GuestAddress(Used + 2), out ushort index);
        if (index == _seen)
            return null;
        Memory.TryRead(new GuestAddress(Used + 4 + (ulong)(_seen % 256) * 8), out ulong element);
        _seen++;
        return ((uint)element, (uint)(element >> 32));
    }

    public byte Byte(ulong address)
    {
        Memory.TryRead(new GuestAddress(address), out byte value);
        return value;
    }

    public bool IsUntouched(ulong status) => Byte(status) == Untouched;

    public void Fill(ulong address, int length, byte value)
    {
        var bytes = new byte[length];
        bytes.AsSpan().Fill(value);
        Memory.TryWrite(new GuestAddress(address), bytes);
    }

    /// <summary>Writes ranges to discard or zero at <see cref="Data"/>.</summary>
    public Part Ranges(params (ulong Sector, uint Count, uint Flags)[] ranges)
    {
        for (int i = 0; i < ranges.Length; i++)
        {
            Memory.TryWrite(new GuestAddress(Data + (ulong)i * 16), ranges[i].Sector);
            Memory.TryWrite(new GuestAddress(Data + (ulong)i * 16 + 8), ranges[i].Count);
            Memory.TryWrite(new GuestAddress(Data + (ulong)i * 16 + 12), ranges[i].Flags);
        }
        return Out(Data, (uint)ranges.Length * 16);
    }

    public IDisposable? Attach(GuestAddress address, int length, ulong? match, IDoorbellTarget target) => null;

    public void Post(IDoorbellTarget target) => _posted.Enqueue(target);

    public IWakeup CreateWakeup(IDoorbellTarget target) => throw new NotSupportedException();

    public void InterruptQueue(int queue) => QueueInterrupts++;

    public void InterruptConfig() => ConfigInterrupts++;

    public void Activated()
    {
    }

    public void WasReset()
    {
    }

    public JsonElement SaveState() => throw new NotSupportedException();

    public Action PrepareState(int version, JsonElement state) => throw new NotSupportedException();

    public void Dispose()
    {
        NativeMemory.Free((void*)_low);
        NativeMemory.Free((void*)_high);
    }
}
