using Vmm.Devices.Virtio.Spec;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Devices.Virtio.EveryDevice;

/// <summary>A driver that breaks the rules of registers and notifications, against every type of device: rows 27 to 35 of hostile input.</summary>
public sealed class EvilRegisterTests
{
    private const ulong Data = EvilRig.Buffers + 0x8000;

    public static TheoryData<string, TransportKind> Cases => DeviceSubjects.Cases;

    public static TheoryData<string> Types => DeviceSubjects.Types;

    [Theory, MemberData(nameof(Cases)), Trait("Row", "27")]
    public void Queue_registers_written_after_driver_ok_change_nothing(string device, TransportKind kind)
    {
        using EvilRig rig = new EvilRig(device, kind).Start();
        for (int i = 0; i < rig.Queues.Count; i++)
        {
            rig.Driver.SelectQueue((uint)i);
            rig.Driver.QueueSize = 0x8000;
            rig.Driver.DescriptorsAddress = rig.Driver.AvailAddress = rig.Driver.UsedAddress = 0xdead_0000;
        }
        rig.Subject.AssertWorks(rig, EvilRig.Buffers);
        Assert.True(rig.Ram.GuardsAreIntact);
    }

    [Theory, MemberData(nameof(Cases)), Trait("Row", "28")]
    public void Status_bits_that_are_skipped_or_cleared_are_refused(string device, TransportKind kind)
    {
        using var rig = new EvilRig(device, kind);
        foreach (byte skipping in (byte[])[2, 4, 8, 5, 9, 0xD, 7, 0xE])
        {
            rig.Driver.Status = skipping;
            Assert.Equal(0, rig.Driver.Status);
        }
        rig.Start();
        foreach (byte clearing in (byte[])[1, 3, 0xB, 7])
        {
            rig.Driver.Status = clearing;
            Assert.Equal(GuestDriver.DriverOk, rig.Driver.Status);
        }
        rig.Subject.AssertWorks(rig, EvilRig.Buffers);
    }

    [Theory, MemberData(nameof(Cases)), Trait("Row", "28")]
    public void Features_that_were_not_offered_are_refused(string device, TransportKind kind)
    {
        using var rig = new EvilRig(device, kind);
        ulong offered = rig.Driver.OfferedFeatures;
        for (int bit = 0; bit < 64; bit++)
        {
            if ((offered >> bit & 1) != 0)
                continue;
            Assert.False(rig.Driver.Negotiate(rig.AllFeatures | 1UL << bit), $"feature {bit}");
            rig.Driver.Status = GuestDriver.DriverOk;
            Assert.Equal(GuestDriver.Driver, rig.Driver.Status);
            rig.Driver.Status = 0;
        }
        rig.AssertRecovers();
    }

    [Theory, MemberData(nameof(Cases)), Trait("Row", "29")]
    public void After_a_reset_with_chains_in_its_queues_nothing_is_written_and_nobody_is_interrupted(string device, TransportKind kind)
    {
        foreach (bool writable in (bool[])[false, true])
        {
            using EvilRig rig = new EvilRig(device, kind).Start();
            for (int i = 0; i < rig.Queues.Count; i++)
            {
                for (int chain = 0; chain < rig.Queues[i].Size; chain++)
                    rig.Queues[i].Add(new GuestBuffer(Data + (ulong)chain * 512, 512, writable));
                rig.Driver.Notify((uint)i);
            }
            rig.Driver.Status = 0;
            Assert.Equal(0, rig.Driver.Status);

            (int, int) interrupts = (rig.Driver.QueueInterrupts, rig.Driver.ConfigInterrupts);
            byte[] before = rig.Read(0, (int)EvilRig.RamSize);
            rig.Doorbells.Run();
            for (int i = 0; i < rig.Queues.Count; i++)
                rig.Turn(i);
            Assert.Equal(before, rig.Read(0, (int)EvilRig.RamSize));
            Assert.Equal(interrupts, (rig.Driver.QueueInterrupts, rig.Driver.ConfigInterrupts));
            Assert.Equal(0, rig.Doorbells.Attached);
            rig.AssertRecovers();
        }
    }

    [Theory, MemberData(nameof(Cases)), Trait("Row", "30")]
    public void Queue_that_does_not_exist_has_size_zero_and_ignores_writes(string device, TransportKind kind)
    {
        using var rig = new EvilRig(device, kind);
        Assert.True(rig.Driver.Negotiate(rig.AllFeatures));
        foreach (uint absent in (uint[])[(uint)rig.Queues.Count, 0x7FFF, 0xFFFF])
        {
            rig.Driver.SetUp(absent, rig.Queues[0]);
            Assert.Equal(0u, rig.Driver.QueueMaxSize);
            Assert.False(rig.Driver.QueueEnabled);
        }
        rig.AssertRecovers();
    }

    [Theory, MemberData(nameof(Types)), Trait("Row", "30")]
    public void Vector_that_does_not_exist_reads_back_as_none(string device)
    {
        using var rig = new EvilRig(device, TransportKind.Pci);
        var driver = (PciDriver)rig.Driver;
        ulong queueVector = driver.Common + PciRegisters.VIRTIO_PCI_COMMON_Q_MSIX;
        foreach (uint queue in (uint[])[0, (uint)rig.Queues.Count - 1, (uint)rig.Queues.Count])
        {
            driver.SelectQueue(queue);
            foreach (int vector in (int[])[rig.Queues.Count + 1, 0x7FF, 0x800, 0xFFFE])
            {
                driver.Write(queueVector, (ulong)vector, 2);
                Assert.Equal(PciRegisters.VIRTIO_MSI_NO_VECTOR, driver.Read(queueVector, 2));
            }
        }
    }

    [Theory, MemberData(nameof(Cases)), Trait("Row", "31")]
    public void Configuration_reads_the_same_at_any_width_and_zero_past_its_end(string device, TransportKind kind)
    {
        using var rig = new EvilRig(device, kind);
        if (kind == TransportKind.Pci && !((PciDriver)rig.Driver).HasStructure(PciRegisters.VIRTIO_PCI_CAP_DEVICE_CFG))
            return;
        byte[] expected = new byte[0x200];
        rig.Subject.Device.Config.CopyTo(expected);
        byte[] data = new byte[8];
        for (int offset = 0; offset < expected.Length - data.Length; offset++)
        {
            foreach (int width in (int[])[1, 2, 3, 4, 5, 7, 8])
            {
                rig.Driver.ReadConfig((ulong)offset, data.AsSpan(0, width));
                Assert.Equal(expected.AsSpan(offset, width), data.AsSpan(0, width));
            }
        }
    }

    [Theory, MemberData(nameof(Cases)), Trait("Row", "31"), Trait("Row", "32")]
    public void Configuration_written_all_over_does_no_harm_and_a_reset_takes_it_back(string device, TransportKind kind)
    {
        using EvilRig rig = new EvilRig(device, kind).Start();
        byte[] before = rig.Subject.Device.Config.ToArray();
        if (before.Length == 0)
            return;
        byte[] ones = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];
        for (int offset = 0; offset < before.Length + 64; offset++)
        {
            foreach (int width in (int[])[1, 2, 3, 4, 8])
                rig.Driver.WriteConfig((ulong)offset, ones.AsSpan(0, width));
        }
        rig.Doorbells.Run();
        rig.Driver.Status = 0;
        Assert.Equal(before, rig.Subject.Device.Config);
        rig.AssertRecovers();
    }

    [Theory, MemberData(nameof(Cases)), Trait("Row", "33")]
    public void Notification_of_an_absent_or_disabled_queue_is_ignored(string device, TransportKind kind)
    {
        using var rig = new EvilRig(device, kind);
        for (int i = 0; i < rig.Queues.Count; i++)
            rig.Turn(i);
        Assert.True(rig.Driver.Negotiate(rig.AllFeatures));
        rig.Driver.Status = GuestDriver.DriverOk;
        foreach (uint queue in (uint[])[0, (uint)rig.Queues.Count, 63, 1000, 0xFFFF])
            rig.Turn((int)queue);
        Assert.Equal(GuestDriver.DriverOk, rig.Driver.Status);
        rig.AssertRecovers();
    }

    [Theory, MemberData(nameof(Cases)), Trait("Row", "34")]
    public void Storm_of_notifications_is_one_a_queue(string device, TransportKind kind)
    {
        using var rig = new EvilRig(device, kind);
        rig.Doorbells.Refuses = true;
        rig.Start();
        for (int i = 0; i < 1000; i++)
        {
            for (int queue = 0; queue < rig.Queues.Count; queue++)
                rig.Driver.Notify((uint)queue);
        }
        Assert.InRange(rig.Doorbells.Posted, 1, rig.Queues.Count);
        rig.Doorbells.Run();
        rig.Subject.AssertWorks(rig, EvilRig.Buffers);
    }

    [Theory, MemberData(nameof(Types)), Trait("Row", "35")]
    public void Masked_vectors_are_pending_and_sent_once_when_unmasked(string device)
    {
        using EvilRig rig = new EvilRig(device, TransportKind.Pci).Start();
        var driver = (PciDriver)rig.Driver;
        int vectors = driver.Transport.Msix!.Vectors;
        for (int vector = 0; vector < vectors; vector++)
            driver.Write(driver.MsixEntry(vector) + 12, 1, 4);
        for (int i = 0; i < 4; i++)
            rig.Subject.AssertWorks(rig, EvilRig.Buffers);
        Assert.Empty(driver.Messages);

        int pending = Enumerable.Range(0, vectors).Count(driver.Transport.Msix!.IsPending);
        Assert.InRange(pending, 1, vectors);
        for (int vector = 0; vector < vectors; vector++)
            driver.Write(driver.MsixEntry(vector) + 12, 0, 4);
        Assert.Equal(pending, driver.Messages.Count);
    }

    [Theory, MemberData(nameof(Types)), Trait("Row", "48")]
    public void Buffers_on_the_devices_own_registers_are_no_memory(string device)
    {
        for (int queue = 0; ; queue++)
        {
            using EvilRig rig = new EvilRig(device, TransportKind.Pci).Start();
            if (queue == rig.Queues.Count)
                return;
            ulong bar = ((PciDriver)rig.Driver).Transport.Bars[0].Address.Value;
            rig.Queues[queue].Add(new GuestBuffer(bar, 64, queue % 2 == 0));
            rig.Turn(queue);
            Assert.Equal(GuestDriver.DriverOk, rig.Driver.Status & GuestDriver.DriverOk);
            rig.AssertRecovers();
        }
    }
}
