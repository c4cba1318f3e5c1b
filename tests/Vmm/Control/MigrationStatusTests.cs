using System.Text.Json;
using Vmm.Control;
using Vmm.Control.Local;
using Vmm.Migration.Protocol;
using Xunit;

namespace Vmm.Tests.Vmm.Control;

/// <summary>What <c>vmm info</c> says of a migration.</summary>
public sealed class MigrationStatusTests
{
    [Theory]
    [InlineData(nameof(MigrationPhase.Rounds), "to unix:/x, round 2: 3.5 MB left")]
    [InlineData(nameof(MigrationPhase.Commit), "to unix:/x, round 2: 3.5 MB left")]
    [InlineData(nameof(MigrationPhase.Pages), "runs at unix:/x, which still gets 3.5 MB of its memory from here")]
    [InlineData(nameof(MigrationPhase.Recover), "runs at unix:/x, which still gets 3.5 MB of its memory from here")]
    public void Guest_that_leaves_is_told_with_where_it_goes_and_what_is_left(string phase, string text)
    {
        using ActiveMigration migration = new("unix:/x") { Progress = new() { Phase = Enum.Parse<MigrationPhase>(phase), Round = 2, Remaining = 3_500_000 } };
        Assert.Equal(text, MigrationStatus.Of(migration).Text("web"));
    }

    [Fact]
    public void What_a_person_has_to_do_is_told()
    {
        Assert.Contains("'vmm migrate web unix:/x --recover'", new MigrationStatus(MigrationStage.Cut, "unix:/x", null).Text("web"), StringComparison.Ordinal);
        Assert.Contains("'vmm resume web'", new MigrationStatus(MigrationStage.Undecided, "unix:/x", null).Text("web"), StringComparison.Ordinal);
        Assert.Equal("1.0 MB of its memory are missing, and the link is lost: 'vmm migrate … tcp:a:1 --recover' where it came from",
            new MigrationStatus(MigrationStage.Waiting, "tcp:a:1", new() { Remaining = 1_000_000 }).Text("web"));
    }

    [Fact]
    public void It_goes_through_the_control_socket_whole()
    {
        VmStatus status = new() { Name = "web", Migration = new(MigrationStage.Arrived, "tcp:a:1", new() { Phase = MigrationPhase.Pages, Remaining = 4096 }), NetAddresses = ["02:00:00:00:00:01"] };
        string json = JsonSerializer.Serialize(new ControlReply { Status = status }, ControlJson.Default.ControlReply);
        Assert.Contains("\"stage\":\"arrived\"", json, StringComparison.Ordinal);
        ControlReply read = JsonSerializer.Deserialize(json, ControlJson.Default.ControlReply)!;
        Assert.Equal(status.Migration, read.Status!.Migration);
        Assert.Equal(status.NetAddresses, read.Status.NetAddresses);
    }
}
