using System.Text.Json;
using Vmm.Devices.State;
using Vmm.Tests.Devices.Virtio.EveryDevice;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Devices.State;

/// <summary>What saving and restoring has to be for every type of device on every transport.</summary>
public sealed class EveryDeviceStateTests
{
    public static TheoryData<string, TransportKind> Cases => DeviceSubjects.Cases;

    [Theory, MemberData(nameof(Cases))]
    public void Device_goes_on_in_another_machine_and_so_does_the_one_it_came_from(string device, TransportKind kind)
    {
        foreach (ulong events in (ulong[])[0, GuestDriver.EventIndex])
        {
            using var source = new EvilRig(device, kind);
            source.Start(source.AllFeatures | events);
            source.Subject.AssertWorks(source, EvilRig.Buffers);
            using EvilRig copy = Transplant.Move(source, device, kind);
            Assert.Equal(GuestDriver.DriverOk, copy.Driver.Status);
            copy.Subject.AssertWorks(copy, EvilRig.Buffers);
            copy.Subject.AssertWorks(copy, EvilRig.Buffers);
            Assert.False(copy.NeedsReset);
            source.Core.Resume();
            source.Doorbells.Run();
            source.Subject.AssertWorks(source, EvilRig.Buffers);
            copy.AssertRecovers();
            source.AssertRecovers();
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void What_is_saved_of_a_restored_device_is_what_was_restored(string device, TransportKind kind)
    {
        using EvilRig source = new EvilRig(device, kind).Start();
        source.Subject.AssertWorks(source, EvilRig.Buffers);
        List<JsonElement> saved = Transplant.Save(source.Driver, source.Core);
        using EvilRig copy = Transplant.Restore(source, device, kind, saved);
        Assert.Equal(saved.Select(s => s.GetRawText()), Transplant.Save(copy.Driver, copy.Core).Select(s => s.GetRawText()));
    }

    [Theory, MemberData(nameof(Cases))]
    public void Device_is_saved_and_restored_at_every_step_of_its_drivers_start(string device, TransportKind kind)
    {
        for (int steps = 0; steps < 5; steps++)
        {
            using var source = new EvilRig(device, kind);
            byte[] statuses = [0, GuestDriver.Acknowledge, GuestDriver.Driver];
            if (steps < statuses.Length)
                source.Driver.Status = statuses[steps];
            else if (steps == 3)
                Assert.True(source.Driver.Negotiate(source.AllFeatures));
            else
                source.Prepare();
            using EvilRig copy = Transplant.Move(source, device, kind);
            Assert.Equal(source.Driver.Status, copy.Driver.Status);
            copy.Driver.Status = GuestDriver.DriverOk;
            if (steps == 4)
                copy.Subject.AssertWorks(copy, EvilRig.Buffers);
            copy.AssertRecovers();
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void Broken_device_is_restored_broken_and_recovers(string device, TransportKind kind)
    {
        using EvilRig source = new EvilRig(device, kind).Start();
        int taken = Enumerable.Range(0, source.Queues.Count).First(source.Subject.Takes);
        source.Queues[taken].MakeAvailable(0xFFFF);
        source.Turn(taken);
        Assert.True(source.NeedsReset);
        using EvilRig copy = Transplant.Move(source, device, kind);
        Assert.Equal(source.Driver.Status, copy.Driver.Status);
        copy.AssertRecovers();
    }

    [Theory, MemberData(nameof(Cases))]
    public void Device_that_is_not_quiesced_is_not_saved(string device, TransportKind kind)
    {
        using EvilRig rig = new EvilRig(device, kind).Start();
        Assert.Throws<InvalidOperationException>(() => rig.Core.SaveState());
    }

    [Theory, MemberData(nameof(Cases))]
    public void Restoring_interrupts_nobody(string device, TransportKind kind)
    {
        using EvilRig source = new EvilRig(device, kind).Start();
        source.Subject.AssertWorks(source, EvilRig.Buffers);
        using EvilRig copy = Transplant.Restore(source, device, kind, Transplant.Save(source.Driver, source.Core));
        Assert.Equal((0, 0), (copy.Driver.QueueInterrupts, copy.Driver.ConfigInterrupts));
    }

    [Theory, MemberData(nameof(Cases)), Trait("Row", "70")]
    public void State_of_a_newer_version_is_refused(string device, TransportKind kind)
    {
        using EvilRig source = new EvilRig(device, kind).Start();
        JsonElement saved = Transplant.Save(source.Driver, source.Core)[^1];
        using var copy = new EvilRig(device, kind);
        StateException refused = Assert.Throws<StateException>(() => copy.Core.RestoreState(2, saved));
        Assert.Contains("version 2", refused.Message, StringComparison.Ordinal);
        copy.AssertRecovers();
    }
}
