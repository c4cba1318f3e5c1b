using CsCheck;
using Vmm.Host;
using Vmm.Migration;
using Vmm.Migration.Protocol;
using Vmm.Migration.Sending;
using Vmm.Migration.Transport;
using Vmm.Tests.Vmm.Migration;
using Xunit;

namespace Vmm.Tests.Fuzz.Migration;

/// <summary>
/// What a source reads: recorded migrations to which things are done, by a destination that goes on whatever it hears. The source
/// comes to an end, in one line; and the guest runs on there as before, unless it was given up.
/// </summary>
[Collection(AloneCollection.Name)]
public sealed class SourceFuzz
{
    private static readonly TimeSpan s_answer = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_hang = TimeSpan.FromSeconds(60);

    [Theory]
    [MemberData(nameof(Migrations.Names), MemberType = typeof(Migrations))]
    public void Recorded_migration_succeeds_when_it_is_played_again(string name)
    {
        Migrations migration = Migrations.Of(name);
        Assert.Null(Play(migration, [], s_hang));
    }

    [Theory, Trait("Row", "71"), Trait("Row", "75"), Trait("Row", "77"), Trait("Row", "79")]
    [MemberData(nameof(Migrations.Names), MemberType = typeof(Migrations))]
    public void Whatever_a_destination_says_a_guest_stays_unless_it_was_given_up(string name)
    {
        Migrations migration = Migrations.Of(name);
        using Leaks leaks = new();
        Mutation.Gen.Array[1, 4].Sample(mutations => { Play(migration, mutations, s_answer); }, time: FuzzBudget.Seconds, threads: 1);
    }

    /// <returns>Why it failed.</returns>
    private static Exception? Play(Migrations migration, Mutation[] mutations, TimeSpan answer)
    {
        List<Step> steps = Script.Of(migration.Log, source: false, mutations);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("vmm-fuzz-");
        try
        {
            using FakeGuest guest = new(Recordings.Memory, migration.Options.Local ? MigrationRig.SealedMemory(Recordings.Memory) : null) { Runs = true, HasDisks = true, Works = Recordings.Work };
            Recordings.Fill(guest);
            MigrationAddress place = MigrationAddress.Parse($"unix:{Path.Combine(folder.FullName, "m")}");
            using MigrationListener listener = place.Listen();
            Exception? fault = null;
            Thread source = new(() => fault = Record.Exception(() => Migrate(guest, place, migration))) { Name = "source" };
            using Player player = new(() => listener.TryAccept(answer));
            using Allocations allocations = new();
            source.Start();
            player.Play(steps, migration.Log, answer);
            listener.Dispose();
            Assert.True(player.End(s_hang) && source.Join(s_hang), "the source goes on though the destination has ended");
            Assert.True(fault is null or VmmException, fault?.ToString());
            Assert.DoesNotContain('\n', fault?.Message ?? "");
            Check(guest, player, fault);
            return fault;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static MigrationResult Migrate(FakeGuest guest, MigrationAddress place, Migrations migration)
    {
        MigrationOptions options = migration.Options with { Patience = Recordings.Patience };
        try
        {
            using MigrationSender sender = new(guest, place.Connect, "there", options);
            return sender.Run(CancellationToken.None);
        }
        catch (PagesLostException lost) when (migration.Recovers)
        {
            Assert.False(guest.Runs);
            using MigrationRecovery recovery = new(guest, place.Connect, "there", lost.Ticket);
            return recovery.Run();
        }
    }

    private static void Check(FakeGuest guest, Player player, Exception? fault)
    {
        bool mayHaveIt = player.HasHeard(MessageType.Commit) && !player.HasSaid(MessageType.Failed) && !player.HasSaid(MessageType.Refuse);
        bool isGiven = fault is null or CommitLostException or PagesLostException || (player.HasHeard(MessageType.Recover) && !guest.Runs);
        if (isGiven)
        {
            Assert.True(player.HasHeard(MessageType.Commit), "the guest is held, and was never given up");
            Assert.False(guest.Runs || guest.HasDisks, "the guest runs on though it was given up");
            Assert.True(fault is CommitLostException || player.HasSaid(MessageType.Started), "the guest is held to run there, and nobody has said that it does");
            return;
        }
        Assert.False(mayHaveIt, "the guest runs on though it may run at the destination");
        Assert.True(guest is { Runs: true, HasDisks: true, IsLogged: false, ThrottledTo: 0 }, "the guest was not left as it was");
    }
}
