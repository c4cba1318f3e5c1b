using System.Globalization;
using Vmm.Control;
using Vmm.Host;
using Vmm.Migration;
using Vmm.Migration.Sending;
using Xunit;

namespace Vmm.Tests.Vmm.Migration;

/// <summary>What is told of a migration while it is under way, and when it is over.</summary>
public sealed class MigrationEventTests
{
    [Fact]
    public void Each_round_is_an_event_with_what_it_has_shown_and_what_is_left()
    {
        EventHub hub = new(TimeProvider.System);
        List<MachineEvent> events = [];
        using IDisposable listening = hub.Subscribe(events.Add);
        using MigrationRig rig = new() { Options = new() { Downtime = TimeSpan.FromTicks(1), Timeout = TimeSpan.FromSeconds(20) }, RoundEnded = round => hub.PublishRound("there", round) };
        rig.Source.Bytes.Fill(3);
        ulong pages = 512;
        rig.Source.Works = guest =>
        {
            pages /= 2;
            for (ulong page = 0; page < pages; page++)
                guest.Write(page * 4096, 9);
        };
        rig.Run();
        PreCopyTests.AssertMoved(rig);
        Assert.All(events, what => Assert.Equal(("vm", "migration-round", "there"), (what.Source, what.Name, what.Properties!["destination"])));
        // Nothing was left when it was held: there was no round without an event after these.
        Assert.Equal(Enumerable.Range(0, rig.Result!.Rounds).Select(round => round.ToString(CultureInfo.InvariantCulture)), events.Select(what => what.Properties!["round"]));
        Assert.Equal((256 * 4096).ToString(CultureInfo.InvariantCulture), events[0].Properties!["remaining-bytes"]);
        Assert.All(["sent-bytes", "dirty-bytes-per-second", "bandwidth-bytes-per-second", "projected-downtime-ms"], name => Assert.True(double.Parse(events[0].Properties![name], CultureInfo.InvariantCulture) > 0, name));
    }

    [Fact]
    public void Report_tells_how_it_ended()
    {
        MigrationProgress last = new() { Round = 2, Sent = 10, Elapsed = 3 };
        VmmException why = new("why");
        MigrationTicket ticket = new("", new MigrationOptions());
        Assert.Equal(MigrationEnding.Failed, MigrationReport.Of("there", why, cancelled: false, last).Ending);
        Assert.Equal(MigrationEnding.Cancelled, MigrationReport.Of("there", why, cancelled: true, last).Ending);
        Assert.Equal(MigrationEnding.Undecided, MigrationReport.Of("there", new CommitLostException("there", why), cancelled: true, last).Ending);
        Assert.Equal(MigrationEnding.Lost, MigrationReport.Of("there", new PagesLostException("there", 1, ticket, why), cancelled: false, last).Ending);
        Assert.Equal(MigrationEnding.Migrated, MigrationReport.OfArrival(last).Ending);
    }
}
