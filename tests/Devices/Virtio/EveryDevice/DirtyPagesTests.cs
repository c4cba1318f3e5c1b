using Vmm.Guest.Memory;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Devices.Virtio.EveryDevice;

/// <summary>While writes to RAM are recorded, none of a device's is missed, whatever its type.</summary>
public sealed class DirtyPagesTests
{
    private const ulong Data = EvilRig.Buffers + 0x8000;

    public static TheoryData<string, TransportKind> Cases => DeviceSubjects.Cases;

    [Theory, MemberData(nameof(Cases))]
    public void Every_page_that_a_device_writes_is_marked(string device, TransportKind kind)
    {
        foreach (ulong features in (ulong[])[0, GuestDriver.EventIndex])
        {
            foreach (ulong at in (ulong[])[EvilRig.Buffers, EvilRig.AcrossTheSeam])
            {
                using var rig = new EvilRig(device, kind);
                rig.Start(rig.AllFeatures | features);
                rig.Ram.Memory.StartRecording(new DirtyBitmap(EvilRig.RamSize));
                rig.Subject.AssertWorks(rig, at);
                Assert.True(rig.ChangedPages > 0);
            }
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void Chain_that_was_taken_before_recording_began_is_marked_when_it_comes_back(string device, TransportKind kind)
    {
        for (int queue = 0; ; queue++)
        {
            using EvilRig rig = new EvilRig(device, kind).Start();
            if (queue == rig.Queues.Count)
                return;
            rig.Queues[queue].Add(new GuestBuffer(Data, 64, true), new GuestBuffer(Data + 0x4000, 2000, true));
            rig.Driver.Notify((uint)queue);
            rig.Doorbells.Run();
            ushort before = rig.Queues[queue].UsedIndex;
            DirtyBitmap dirty = new(EvilRig.RamSize);
            rig.Ram.Memory.StartRecording(dirty);
            rig.Subject.Stimulate();
            rig.Doorbells.Run();
            if (rig.Queues[queue].UsedIndex != before)
                Assert.True(dirty.IsMarked(Data) && dirty.IsMarked(Data + 0x4000) && !dirty.IsMarked(Data + 0x1000), $"queue {queue}");
        }
    }

    [Fact]
    public void Both_ends_of_a_buffer_that_is_not_aligned_are_marked_and_nothing_beside_it()
    {
        using EvilRig rig = new EvilRig("rng", TransportKind.Mmio).Start();
        DirtyBitmap dirty = new(EvilRig.RamSize);
        rig.Ram.Memory.StartRecording(dirty);
        rig.Do(0, new GuestBuffer(Data + 0xFFF, 2 + 0x1000, true));
        Assert.Equal((true, true, true, false, false),
            (dirty.IsMarked(Data), dirty.IsMarked(Data + 0x1000), dirty.IsMarked(Data + 0x2000), dirty.IsMarked(Data + 0x3000), dirty.IsMarked(Data - 1)));
    }

    [Fact]
    public void Nothing_is_marked_once_recording_has_stopped()
    {
        using EvilRig rig = new EvilRig("rng", TransportKind.Mmio).Start();
        DirtyBitmap dirty = new(EvilRig.RamSize);
        rig.Ram.Memory.StartRecording(dirty);
        rig.Ram.Memory.StopRecording();
        rig.Subject.AssertWorks(rig, EvilRig.Buffers);
        Assert.Equal(0UL, dirty.Count());
    }
}
