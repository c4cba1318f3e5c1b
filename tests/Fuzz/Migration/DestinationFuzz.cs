using System.Net.Sockets;
using CsCheck;
using Vmm.Host;
using Vmm.Migration.Protocol;
using Vmm.Migration.Receiving;
using Vmm.Tests.Vmm.Migration;
using Xunit;

namespace Vmm.Tests.Fuzz.Migration;

/// <summary>
/// What a destination reads: recorded migrations to which things are done, by a source that goes on whatever it hears. The destination
/// comes to an end, in one line, with no more memory than it was sent; and it runs the guest only when it was given it.
/// </summary>
[Collection(AloneCollection.Name)]
public sealed class DestinationFuzz
{
    private static readonly TimeSpan s_answer = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_hang = TimeSpan.FromSeconds(60);

    private static readonly string[] s_givenUp = ["Hello Offer State Commit", "Hello Offer Missing State Commit", "Hello Offer Memory State Commit"];

    [Theory]
    [MemberData(nameof(Migrations.Names), MemberType = typeof(Migrations))]
    public void Recorded_migration_is_taken_when_it_is_played_again(string name)
    {
        Migrations migration = Migrations.Of(name);
        Assert.Null(Play(migration, [], s_hang));
    }

    [Theory, Trait("Row", "71"), Trait("Row", "75"), Trait("Row", "78"), Trait("Row", "81")]
    [MemberData(nameof(Migrations.Names), MemberType = typeof(Migrations))]
    public void Whatever_a_source_says_a_guest_runs_only_when_it_was_given(string name)
    {
        Migrations migration = Migrations.Of(name);
        using Leaks leaks = new();
        Mutation.Gen.Array[1, 4].Sample(mutations => { Play(migration, mutations, s_answer); }, time: FuzzBudget.Seconds, threads: 1);
    }

    /// <returns>Why the guest does not run there; null when it does.</returns>
    private static Exception? Play(Migrations migration, Mutation[] mutations, TimeSpan answer)
    {
        List<Step> steps = Script.Of(migration.Log, source: true, mutations);
        using MigrationRig rig = new(Recordings.Memory) { Options = migration.Options with { Patience = Recordings.Patience } };
        bool runs = false;
        rig.TargetStarted = _ => runs = true;
        rig.TargetWaits = () => { };
        if (migration.Touches)
            rig.Target.Restores = Recordings.Touch;
        using Player player = new(() => TryConnect(rig.Place));
        Thread target = new(rig.RunTarget) { Name = "target" };
        using Allocations allocations = new();
        MigrationReceiver receiver = rig.Receiver;
        target.Start();
        player.Play(steps, migration.Log, answer);
        // What is said when the guest's run is over says nothing of its memory.
        bool complete = player.HasHeard(MessageType.Complete);
        rig.TargetEnds.Set();
        bool isOver = player.End(s_hang);
        // It took nobody for a source, and waits for one.
        if (receiver.Progress.Phase <= MigrationPhase.Hello)
            receiver.Stop("test");
        Assert.True(isOver && target.Join(s_hang), "the destination goes on though the source has ended");
        Assert.True(rig.TargetFault is null or VmmException, rig.TargetFault?.ToString());
        Assert.DoesNotContain('\n', rig.TargetFault?.Message ?? "");
        if (runs)
            CheckGiven(migration, player, rig, complete);
        return rig.TargetFault;
    }

    private static void CheckGiven(Migrations migration, Player player, MigrationRig rig, bool complete)
    {
        Assert.Null(rig.TargetFault);
        List<Recorded> said = [.. player.Lines[0].Said.Where(message => message.Type != MessageType.Progress)];
        int commit = said.FindIndex(message => message.Type == MessageType.Commit);
        Assert.True(commit > 0, "the guest runs, and was never given");
        Assert.Contains(string.Join(' ', said.Take(commit + 1).Select(message => message.Type)), s_givenUp);
        Assert.Equal(said[commit - 1].Payload, rig.Target.State);
        if (migration.HasPlainRounds)
        {
            byte[] memory = rig.Target.Bytes.ToArray();
            Assert.True(PageModel.AfterRounds(MemoryOf(player)).Any(model => model.AsSpan().SequenceEqual(memory)), "memory is not what came of whole rounds");
        }
        else if (complete && migration.Touches)
        {
            byte[] memory = rig.Target.Bytes.ToArray();
            Assert.True(PageModel.WithTail(MemoryOf(player), said[commit - 2].Payload).Any(model => model.AsSpan().SequenceEqual(memory)), "memory is not what came of whole rounds and all that was missing");
        }
    }

    private static List<List<Recorded>> MemoryOf(Player player) => [.. player.Lines.Skip(1).Select(line => line.Said).Where(said => said.Count > 0 && said[0].Type == MessageType.Attach)];

    private static Socket? TryConnect(string place)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { SendTimeout = (int)Recordings.Patience.TotalMilliseconds };
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(place["unix:".Length..]));
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }
    }
}
