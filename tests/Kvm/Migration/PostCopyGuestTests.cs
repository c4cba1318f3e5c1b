using Vmm.Host;
using Vmm.Machine;
using Vmm.Migration;
using Vmm.Migration.Protocol;
using Vmm.Migration.Sending;
using Vmm.Tests.Kvm.Moves;
using Xunit;

namespace Vmm.Tests.Kvm.Migration;

/// <summary>Guests on the real /dev/kvm whose memory follows them: they count their ticks and check their pages themselves.</summary>
[Trait("Lab", "too-slow")]
public sealed class PostCopyGuestTests
{
    private const string Complete = "every tick counted, every page as it should be";

    [Theory]
    [InlineData("Postcopy", 1, false)]
    [InlineData("Postcopy", 4, false)]
    [InlineData("Hybrid", 1, false)]
    [InlineData("Hybrid", 4, true)]
    [InlineData("Precopy", 4, false)]
    public void Guest_that_is_migrated_loses_no_tick_and_no_page(string mode, int vcpus, bool shared)
    {
        const int ticks = 300;
        using MigratedGuest guest = Begin(vcpus, ticks, shared);
        MigrationMode kind = Enum.Parse<MigrationMode>(mode);
        MigrationResult result = guest.Migrate(new() { Mode = kind, Downtime = kind == MigrationMode.Hybrid ? TimeSpan.FromTicks(1) : TimeSpan.FromMilliseconds(300), Connections = 2, Bandwidth = kind switch { MigrationMode.Postcopy => 4e6, MigrationMode.Hybrid => 10e6, _ => 0 } });
        Assert.Equal(kind != MigrationMode.Precopy, result.PostCopy);
        ulong[] left = VigilMemory.Ticks(guest.Source, vcpus);
        guest.WaitForEnd();
        Assert.Equal((OutcomeKind.PoweredOff, true), (guest.Outcome!.Kind, guest.Output.Contains(Complete, StringComparison.Ordinal)));
        Assert.Equal(MachineState.Paused, guest.Source.Machine.State);
        // What was left behind has not moved since.
        Assert.Equal(left, VigilMemory.Ticks(guest.Source, vcpus));
        if (kind == MigrationMode.Postcopy)
            Assert.InRange(result.Faults, 1, long.MaxValue);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [Trait("Row", "80")]
    public void Guest_whose_link_is_lost_waits_for_its_memory_and_goes_on_when_the_source_comes_again(int vcpus)
    {
        using MigratedGuest guest = Begin(vcpus, ticks: 300, shared: false);
        PagesLostException lost = Lose(guest);
        Assert.Equal(MachineState.Paused, guest.Source.Machine.State);
        VirtualMachine there = guest.Target!.Machine;
        Assert.Equal(MachineState.Running, there.State);
        // Whether it can be held while it waits is the host's affair; but who asks for it hears.
        if (Record.Exception(() => there.Pause()) is { } waits)
            Assert.IsType<VmmException>(waits);
        else
            there.Resume();
        MigrationResult result = guest.Recover(lost.Ticket with { Options = lost.Ticket.Options with { Bandwidth = 0 } });
        Assert.True(result.Recovered);
        guest.WaitForEnd();
        Assert.Equal((OutcomeKind.PoweredOff, true), (guest.Outcome!.Kind, guest.Output.Contains(Complete, StringComparison.Ordinal)));
    }

    [Fact]
    [Trait("Row", "80")]
    public void Guest_that_waits_for_memory_that_nobody_brings_can_be_ended()
    {
        using MigratedGuest guest = Begin(vcpus: 4, ticks: 0, shared: false);
        Lose(guest);
        guest.Target!.Machine.End(new MachineOutcome(OutcomeKind.Stopped));
        guest.WaitForEnd();
        Assert.Equal(OutcomeKind.Stopped, guest.Outcome!.Kind);
    }

    private static PagesLostException Lose(MigratedGuest guest) => Assert.Throws<PagesLostException>(() => guest.Migrate(
        new() { Mode = MigrationMode.Postcopy, Bandwidth = 1e5 },
        phase =>
        {
            if (phase == MigrationPhase.Pages)
                guest.Cut();
        }));

    /// <summary>Every page of its ranges has been written when it is migrated, and will be checked again.</summary>
    private static MigratedGuest Begin(int vcpus, int ticks, bool shared)
    {
        MigratedGuest guest = new("vigil", $"hz=50 rate=32 pages=400 ticks={ticks}", vcpus, shared);
        guest.WaitFor(() => VigilMemory.Ticks(guest.Source, vcpus).All(count => count > 20), "some ticks of every vCPU");
        return guest;
    }
}
