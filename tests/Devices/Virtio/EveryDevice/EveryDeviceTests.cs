using Vmm.Devices.Virtio.Spec;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Devices.Virtio.EveryDevice;

/// <summary>What chapter 2 of the specification asks of every type of device.</summary>
public sealed class EveryDeviceTests
{
    private const ulong Data = EvilRig.Buffers + 0x8000;

    public static TheoryData<string, TransportKind> Cases => DeviceSubjects.Cases;

    public static TheoryData<string> Types => DeviceSubjects.Types;

    [Theory, MemberData(nameof(Cases))]
    public void Device_works_with_all_features_with_none_and_with_the_event_index(string device, TransportKind kind)
    {
        using var rig = new EvilRig(device, kind);
        ulong everything = rig.Driver.OfferedFeatures;
        foreach (ulong features in (ulong[])[rig.AllFeatures, everything, GuestDriver.Version1, rig.AllFeatures & ~GuestDriver.IndirectDescriptors])
        {
            rig.Start(features);
            // Some types may not do all of it without their features; they must not break for it.
            if (features != GuestDriver.Version1)
                rig.Subject.AssertWorks(rig, EvilRig.Buffers);
            Assert.False(rig.NeedsReset);
            rig.Driver.Status = 0;
            rig.Ram.Bytes(0, (int)EvilRig.Seam).Clear();
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void Nothing_is_used_and_nobody_is_interrupted_before_driver_ok(string device, TransportKind kind)
    {
        using var rig = new EvilRig(device, kind);
        rig.Prepare();
        foreach (DriverQueue rings in rig.Queues)
            rings.Add(new GuestBuffer(Data, 512, true));
        byte[] before = rig.Read(0, (int)EvilRig.RamSize);
        for (int i = 0; i < rig.Queues.Count; i++)
            rig.Turn(i);
        Assert.Equal(before, rig.Read(0, (int)EvilRig.RamSize));
        Assert.Equal((0, 0), (rig.Driver.QueueInterrupts, rig.Driver.ConfigInterrupts));
    }

    [Theory, MemberData(nameof(Types))]
    public void Only_features_that_are_defined_are_offered_and_those_that_they_need_too(string device)
    {
        using var rig = new EvilRig(device, TransportKind.Mmio);
        int type = rig.Subject.Device.DeviceType;
        ulong offered = rig.Driver.OfferedFeatures;
        Assert.Empty(FeatureRules.Undefined(type, offered));
        Assert.Empty(FeatureRules.Unsupported(type, offered));
        Assert.NotEqual(0UL, offered & GuestDriver.Version1);
    }

    [Theory, MemberData(nameof(Cases))]
    public void Driver_may_leave_any_feature_out(string device, TransportKind kind)
    {
        using var rig = new EvilRig(device, kind);
        ulong offered = rig.Driver.OfferedFeatures;
        foreach (int bit in FeatureRules.Bits(offered))
        {
            ulong features = FeatureRules.Without(rig.Subject.Device.DeviceType, offered, bit);
            bool isEssential = bit == FeatureBits.VIRTIO_F_VERSION_1;
            Assert.True(isEssential != rig.Driver.Negotiate(features), $"without feature {bit}");
            rig.Driver.Status = 0;
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void Features_that_were_agreed_once_are_agreed_again_after_a_reset(string device, TransportKind kind)
    {
        using var rig = new EvilRig(device, kind);
        for (int i = 0; i < 3; i++)
        {
            Assert.True(rig.Driver.Negotiate(rig.AllFeatures));
            rig.Driver.Status = 0;
        }
        ((PciDriver?)(rig.Driver as PciDriver))?.PowerOn();
        Assert.True(rig.Driver.Negotiate(rig.AllFeatures));
    }

    [Theory, MemberData(nameof(Cases))]
    public void Configuration_is_there_before_features_are_agreed(string device, TransportKind kind)
    {
        using var rig = new EvilRig(device, kind);
        byte[] early = rig.Subject.Device.Config.ToArray();
        if (early.Length == 0)
            return;
        byte[] read = new byte[early.Length];
        rig.Driver.ReadConfig(0, read);
        Assert.Equal(early, read);
        Assert.True(rig.Driver.Negotiate(rig.AllFeatures));
        rig.Driver.ReadConfig(0, read);
        Assert.Equal(early, read);
    }

    [Theory, MemberData(nameof(Cases))]
    public void Readable_buffers_are_never_written(string device, TransportKind kind)
    {
        for (int queue = 0; ; queue++)
        {
            using EvilRig rig = new EvilRig(device, kind).Start();
            if (queue == rig.Queues.Count)
                return;
            for (int word = 0; word < 20; word++)
            {
                if (rig.NeedsReset)
                {
                    rig.AssertRecovers();
                    rig.Driver.Status = 0;
                    rig.Ram.Bytes(0, (int)EvilRig.Buffers).Clear();
                    rig.Start();
                }
                rig.Ram.Bytes(Data, 1024).Fill(0xEE);
                rig.Ram.Write(Data, word);
                byte[] before = rig.Read(Data, 1024);
                rig.Queues[queue].Add(new(Data, 512), new(Data + 512, 512), new(Data + 4096, 512, word % 2 == 0));
                rig.Turn(queue);
                Assert.Equal(before, rig.Read(Data, 1024));
            }
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void Spurious_notifications_do_nothing(string device, TransportKind kind)
    {
        using EvilRig rig = new EvilRig(device, kind).Start();
        for (int i = 0; i < 10 * rig.Queues.Count; i++)
            rig.Turn(i % rig.Queues.Count);
        Assert.All(rig.Queues, rings => Assert.Equal(0, rings.UsedIndex));
        Assert.False(rig.NeedsReset);
        rig.Subject.AssertWorks(rig, EvilRig.Buffers);
    }

    [Theory, MemberData(nameof(Cases))]
    public void Used_flags_are_zero_or_one_and_zero_with_the_event_index(string device, TransportKind kind)
    {
        foreach (ulong events in (ulong[])[0, GuestDriver.EventIndex])
        {
            using var rig = new EvilRig(device, kind);
            rig.Start(rig.AllFeatures | events);
            for (int i = 0; i < 3; i++)
            {
                rig.Subject.AssertWorks(rig, EvilRig.Buffers);
                Assert.All(rig.Queues, rings => Assert.InRange(rings.UsedFlags, 0, events == 0 ? 1 : 0));
            }
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void No_more_is_reported_as_written_than_there_was_room_for(string device, TransportKind kind)
    {
        for (int queue = 0; ; queue++)
        {
            using EvilRig rig = new EvilRig(device, kind).Start();
            if (queue == rig.Queues.Count)
                return;
            for (int word = 0; word < 20 && !rig.NeedsReset; word++)
            {
                rig.Ram.Write(Data, word);
                rig.Queues[queue].Add(new(Data, 64), new(Data + 64, 40, true), new(Data + 512, 1, true));
                rig.Turn(queue);
                for (int i = 0; i < Math.Min(rig.Queues[queue].UsedIndex, rig.Queues[queue].Size); i++)
                    Assert.InRange(rig.Queues[queue].UsedElement(i).Length, 0u, 41u);
            }
        }
    }
}
