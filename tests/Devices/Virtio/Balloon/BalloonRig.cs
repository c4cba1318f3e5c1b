using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Vmm.Devices.Virtio.Balloon;
using Vmm.Devices.Virtio.Spec;
using Vmm.Tests.Devices.Virtio.Harness;

namespace Vmm.Tests.Devices.Virtio.Balloon;

/// <summary>A balloon and its driver.</summary>
public sealed class BalloonRig : IDisposable
{
    public const ulong MustTellHost = 1UL << BalloonDevice.VIRTIO_BALLOON_F_MUST_TELL_HOST;
    public const ulong Statistics = 1UL << BalloonDevice.VIRTIO_BALLOON_F_STATS_VQ;
    public const ulong DeflateOnOom = 1UL << BalloonDevice.VIRTIO_BALLOON_F_DEFLATE_ON_OOM;
    public const ulong Poison = 1UL << BalloonDevice.VIRTIO_BALLOON_F_PAGE_POISON;
    public const ulong Reporting = 1UL << BalloonDevice.VIRTIO_BALLOON_F_REPORTING;

    /// <summary>Buffers for page numbers; what lies beyond it goes into the balloon.</summary>
    public const ulong Buffers = 0x2_0000;

    public const ulong RamSize = 4 << 20;

    /// <summary>A second region, as above the device hole.</summary>
    public const ulong HighStart = 1UL << 32;

    public const ulong HighSize = 1 << 20;

    public BalloonRig(TransportKind kind = TransportKind.Pci, BalloonOptions options = default, ulong granularity = 4096)
    {
        Releaser = new RecordingReleaser { Granularity = granularity };
        Clock = new DoorbellClock();
        Device = new VirtioBalloon("balloon0", Releaser, Clock, options);
        Rig = new Rig(kind, Device, (0UL, RamSize), (HighStart, HighSize));
        Clock.Doorbells = Rig.Doorbells;
        Releaser.Memory = Rig.Ram.Memory;
    }

    public RecordingReleaser Releaser { get; }
    public VirtioBalloon Device { get; }
    public Rig Rig { get; }
    public BalloonCounters Counters => Device.Counters;
    private DoorbellClock Clock { get; }

    public BalloonRig Start(ulong features = Statistics)
    {
        Rig.Start(Rig.DefaultFeatures | features | (Rig.Driver.OfferedFeatures & MustTellHost));
        return this;
    }

    public void Inflate(params ReadOnlySpan<uint> pfns) => Send(BalloonDevice.InflateQueue, MemoryMarshal.AsBytes(pfns));

    public void Deflate(params ReadOnlySpan<uint> pfns) => Send(BalloonDevice.DeflateQueue, MemoryMarshal.AsBytes(pfns));

    /// <summary>Puts bytes into a buffer, adds it to a queue, and kicks.</summary>
    public void Send(int queue, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Rig.Ram.Bytes(Buffers, bytes.Length));
        Rig.Queues[queue].Add(new GuestBuffer(Buffers, (uint)bytes.Length));
        Rig.Kick((uint)queue);
    }

    /// <summary>The driver's statistics, an entry a tag.</summary>
    public void Tell(params ReadOnlySpan<Told> entries)
    {
        byte[] bytes = new byte[entries.Length * BalloonDevice.StatisticSize];
        for (int i = 0; i < entries.Length; i++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(i * BalloonDevice.StatisticSize), entries[i].Tag);
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * BalloonDevice.StatisticSize + BalloonDevice.StatisticValue), entries[i].Value);
        }
        Send(BalloonDevice.StatisticsQueue, bytes);
    }

    public void Tell(ushort tag, ulong value) => Tell(new Told(tag, value));

    public uint ReadConfig(int offset)
    {
        Span<byte> data = stackalloc byte[4];
        Rig.Driver.ReadConfig((ulong)offset, data);
        return BinaryPrimitives.ReadUInt32LittleEndian(data);
    }

    public void WriteConfig(int offset, uint value)
    {
        Span<byte> data = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(data, value);
        Rig.Driver.WriteConfig((ulong)offset, data);
    }

    public void Dispose() => Rig.Dispose();

    /// <summary>One of the driver's statistics.</summary>
    public readonly record struct Told(ushort Tag, ulong Value);

    /// <summary>The event thread's clock, which there is only after the device.</summary>
    private sealed class DoorbellClock : TimeProvider
    {
        public TestDoorbells? Doorbells { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Doorbells?.Clock.Elapsed.Ticks ?? 0;
    }
}
