using Vmm.Inspect;
using Vmm.Inspect.Report;
using Vmm.Inspect.Sources;
using Vmm.Machine;
using Vmm.Machine.Build;
using Vmm.Snapshot;
using Vmm.Tests.Kvm.State;
using Xunit;

namespace Vmm.Tests.Kvm.Inspect;

/// <summary>Machines on the real /dev/kvm that are looked at: what is told is what KVM says, and they go on.</summary>
public sealed class LiveInspectTests
{
    [Fact]
    public void Page_walk_agrees_with_KVM_for_random_addresses_of_a_guest_in_long_mode()
    {
        using MovingGuest guest = Ticking();
        string text = Look(guest, new InspectRequest(InspectTopic.Walk) { Check = 2000 });
        Assert.Matches("addresses +2000\nmapped +[1-9][0-9]*\n(  by .*\n)+agree with KVM +2000\n", text);
    }

    [Fact]
    public void Guest_goes_on_after_it_was_looked_at_and_one_that_was_paused_stays_so()
    {
        using MovingGuest guest = Ticking();
        foreach (InspectTopic topic in (InspectTopic[])[InspectTopic.Registers, InspectTopic.Code, InspectTopic.Bus, InspectTopic.Irq, InspectTopic.Cpuid, InspectTopic.Msrs, InspectTopic.Acpi, InspectTopic.Queues])
            Assert.NotEqual("", Look(guest, new InspectRequest(topic)));
        Assert.Equal(MachineState.Running, guest.Vm.Machine.State);
        string before = guest.Output;
        guest.WaitFor(() => guest.Output.Length > before.Length, "another tick");
        guest.Vm.Machine.Pause();
        Assert.Matches("mode +long mode, 64-bit", Look(guest, new InspectRequest(InspectTopic.Registers)));
        Assert.Equal(MachineState.Paused, guest.Vm.Machine.State);
    }

    [Fact]
    public void Ports_that_a_snapshot_is_said_to_have_are_those_of_a_machine()
    {
        using MovingGuest guest = Ticking();
        BusEntry[] live = Array.ConvertAll(guest.Vm.Ports.Ranges.ToArray(), range => new BusEntry(range.Start, range.Length, range.Device.Name));
        Assert.Equal(live, PlatformDevices.PortMap.OrderBy(entry => entry.Start));
    }

    [Fact]
    public void Acpi_tables_are_whole_and_the_processor_is_in_the_MADT()
    {
        using MovingGuest guest = Ticking();
        string text = Look(guest, new InspectRequest(InspectTopic.Acpi));
        foreach (string signature in (string[])["XSDT", "FACP", "DSDT", "APIC"])
            Assert.Matches($"{signature} +0x[0-9a-f]+ +[0-9]+ +[0-9]+ .* right\n", text);
        Assert.Contains("processor 0: APIC 0, usable", text, StringComparison.Ordinal);
    }

    private static MovingGuest Ticking()
    {
        MovingGuest guest = new("ticks", "n=1000000 hz=10");
        guest.WaitFor(() => guest.Output.Length > 0, "the first words");
        return guest;
    }

    private static string Look(MovingGuest guest, InspectRequest request)
    {
        using HeldMachine held = HeldMachine.Hold(guest.Vm);
        return InspectText.Of(Inspector.Answer(LiveSource.Of(guest.Vm, held, TinyMachine.Describe("ticks", "")), request));
    }
}
