using System.Buffers.Binary;
using Vmm.Devices.Virtio;
using Vmm.Devices.Virtio.Block;
using Vmm.Devices.Virtio.Spec;
using Vmm.Tests.Devices.Virtio.Block;
using Xunit;

namespace Vmm.Tests.Devices.Virtio.EveryDevice;

internal sealed class BlkSubject : DeviceSubject
{
    private const int Sectors = 64;

    private readonly FakeDisk _disk = new(Sectors) { IsLogging = false };

    public BlkSubject() => Device = new VirtioBlk("disk0", _disk, new BlockQueues(2, BlockQueues.DefaultSize));

    public override IVirtioDevice Device { get; }

    public override void AssertWorks(EvilRig rig, ulong at)
    {
        for (int queue = 0; queue < rig.Queues.Count; queue++)
            AssertReads(rig, queue, at);
    }

    private void AssertReads(EvilRig rig, int queue, ulong at)
    {
        const uint sector = 5;
        _disk.Content.AsSpan((int)sector * 512, 512).Fill(0xD1);
        Span<byte> header = stackalloc byte[16];
        BinaryPrimitives.WriteUInt32LittleEndian(header, BlockDevice.VIRTIO_BLK_T_IN);
        BinaryPrimitives.WriteUInt64LittleEndian(header[8..], sector);
        rig.Write(at, header);

        Assert.Equal(513u, rig.Do(queue, new(at, 16), new(at + 16, 512, true), new(at + 600, 1, true)));
        Assert.False(rig.Read(at + 16, 512).AsSpan().ContainsAnyExcept((byte)0xD1));
        Assert.Equal([BlockDevice.VIRTIO_BLK_S_OK], rig.Read(at + 600, 1));
    }
}
