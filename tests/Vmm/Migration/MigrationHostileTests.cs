using System.Net.Sockets;
using Vmm.Guest.Memory;
using Vmm.Migration;
using Vmm.Migration.Protocol;
using Vmm.Migration.Sending;
using Vmm.Migration.Transport;
using Vmm.Tests.Vmm.Snapshot.Memory;
using Xunit;

namespace Vmm.Tests.Vmm.Migration;

/// <summary>Streams that are cut, flipped, repeated and reordered, message by message; and strangers.</summary>
public sealed class MigrationHostileTests
{
    private static readonly MessageType[] s_fromSource =
        [MessageType.Hello, MessageType.Offer, MessageType.Attach, MessageType.Pages, MessageType.RoundEnd, MessageType.State, MessageType.Commit];

    private static readonly MessageType[] s_fromDestination =
        [MessageType.Welcome, MessageType.Accept, MessageType.Attached, MessageType.RoundDone, MessageType.Ready, MessageType.Started];

    private static readonly MessageType[] s_fromSourceAfterwards = [MessageType.Missing, MessageType.State, MessageType.Commit, MessageType.Pages, MessageType.RoundEnd];

    private static readonly MessageType[] s_fromDestinationAfterwards = [MessageType.Ready, MessageType.Started, MessageType.PageRequest, MessageType.Progress, MessageType.Complete];

    public enum Harm
    {
        Cut,
        CutWithin,
        FlipHeader,
        FlipPayload,
        Repeat,
        Drop,
        Swap,
    }

    public static TheoryData<bool, string, Harm, bool> EveryHarm
    {
        get
        {
            TheoryData<bool, string, Harm, bool> all = [];
            foreach (Harm harm in Enum.GetValues<Harm>())
            {
                foreach (MessageType type in s_fromSource)
                    all.Add(true, type.ToString(), harm, false);
                foreach (MessageType type in s_fromDestination)
                    all.Add(false, type.ToString(), harm, false);
                foreach (MessageType type in s_fromSourceAfterwards)
                    all.Add(true, type.ToString(), harm, true);
                foreach (MessageType type in s_fromDestinationAfterwards)
                    all.Add(false, type.ToString(), harm, true);
            }
            return all;
        }
    }

    [Theory]
    [MemberData(nameof(EveryHarm))]
    [Trait("Row", "75")]
    [Trait("Row", "79")]
    public void Damaged_stream_never_makes_two_of_a_guest_nor_loses_it_before_it_was_given_up(bool fromSource, string name, Harm harm, bool postCopy)
    {
        MessageType type = Enum.Parse<MessageType>(name);
        if (postCopy)
            MemoryFolder.RequireUserfault();
        using MigrationRig rig = new() { Options = new() { Patience = TimeSpan.FromMilliseconds(400), Mode = postCopy ? MigrationMode.Postcopy : MigrationMode.Precopy } };
        rig.Source.Bytes.Fill(7);
        if (postCopy)
            rig.Target.Restores = there => there.Ram.TryRead(new GuestAddress(5 * PageMessage.PageSize), new byte[1]);
        byte[]? kept = null;
        bool done = false;
        using TamperingRelay relay = new(rig.Folder, rig.Place, fromSource, (at, message) =>
        {
            if (kept is not null)
            {
                byte[][] swapped = [message, kept];
                kept = null;
                return swapped;
            }
            if (at != type || done)
                return [message];
            done = true;
            switch (harm)
            {
                case Harm.Cut:
                    return null;
                case Harm.CutWithin:
                    message = message[..(FrameHeader.Size - 1)];
                    return [message];
                case Harm.FlipHeader:
                    message[FrameHeader.Size - 1] ^= 0x10;
                    return [message];
                case Harm.FlipPayload:
                    message[^1] ^= 1;
                    return [message];
                case Harm.Repeat:
                    return [message, message];
                case Harm.Drop:
                    return [];
                default:
                    kept = message;
                    return [];
            }
        });
        rig.Place = relay.Place;
        rig.Run();
        if (rig.Target.Runs)
            return;
        Assert.IsNotType<PagesLostException>(rig.SourceFault);
        // What comes over another connection than the commit may be noticed only after it.
        if (rig.SourceFault is CommitLostException)
            Assert.True(type is MessageType.Commit or MessageType.Started or MessageType.RoundEnd || (postCopy && type is MessageType.Ready or MessageType.Pages), "the guest is held though it was not given up");
        else
            PreCopyTests.AssertStayed(rig);
    }

    [Theory]
    [InlineData(new byte[] { 0 })]
    [InlineData(new byte[] { 0x47, 0x45, 0x54, 0x20, 0x2f, 0x20, 0x48, 0x54, 0x54, 0x50, 0x2f, 0x31, 0x2e, 0x31, 0x0d, 0x0a, 0x48, 0x6f, 0x73, 0x74, 0x3a, 0x20, 0x78, 0x0d, 0x0a })]
    [Trait("Row", "75")]
    public void Stranger_is_sent_away_with_one_line_and_the_source_that_comes_then_is_taken(byte[] said)
    {
        using MigrationRig rig = new();
        rig.Source.Bytes.Fill(7);
        using Socket stranger = Knock(rig);
        stranger.Send(said);
        stranger.Shutdown(SocketShutdown.Send);
        rig.Run();
        PreCopyTests.AssertMoved(rig);
        string line = Assert.Single(rig.Strangers);
        Assert.Contains("is no source and was sent away: ", line, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', line);
    }

    [Fact]
    [Trait("Row", "75")]
    public void Source_of_another_migration_is_told_that_none_waits_to_be_taken_up_and_the_destination_waits_on()
    {
        using MigrationRig rig = new();
        rig.Source.Bytes.Fill(7);
        using Channel other = Channel.Over(Knock(rig), MessageRoute.ToSource, TimeSpan.FromSeconds(30));
        other.Send(MessageType.Recover, new RecoverMessage(MigrationSender.Protocol, "00"), MigrationJson.Default.RecoverMessage);
        rig.Run();
        PreCopyTests.AssertMoved(rig);
        Assert.Contains("no migration waits here to be taken up again", other.Receive(MigrationPhase.Hello).As(MigrationJson.Default.ReasonMessage).Reason, StringComparison.Ordinal);
        Assert.Contains("no migration waits here to be taken up again", Assert.Single(rig.Strangers), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Row", "75")]
    public void Source_is_told_what_ended_the_destination()
    {
        using MigrationRig rig = new();
        rig.TargetAt = phase =>
        {
            if (phase == MigrationPhase.Rounds)
                rig.Receiver.Stop("SIGINT");
        };
        rig.Run();
        PreCopyTests.AssertStayed(rig);
        Assert.Contains("says: it was given up at the destination (SIGINT)", rig.SourceFault!.Message, StringComparison.Ordinal);
        Assert.Equal("no guest was taken over: it was given up at the destination (SIGINT)", rig.TargetFault!.Message);
        Assert.True(rig.Receiver.WasStopped);
    }

    private static Socket Knock(MigrationRig rig)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(rig.Place["unix:".Length..]));
        return socket;
    }

    [Fact]
    [Trait("Row", "76")]
    public void Refused_offer_is_told_before_any_memory_is_sent()
    {
        using MigrationRig rig = new(16 * MigrationRig.MiB) { RefusesOffer = "this host's processor lacks avx512f" };
        rig.Source.Bytes.Fill(7);
        rig.Run();
        PreCopyTests.AssertStayed(rig);
        Assert.Contains("lacks avx512f", rig.SourceFault!.Message, StringComparison.Ordinal);
        Assert.All(rig.Progress, progress => Assert.InRange(progress.Sent, 0, 4096));
    }

    [Fact]
    [Trait("Row", "76")]
    public void Guest_of_another_size_is_refused()
    {
        using MigrationRig rig = new() { TargetSize = 8 * MigrationRig.MiB };
        rig.Run();
        PreCopyTests.AssertStayed(rig);
        Assert.Contains("bytes of RAM", rig.SourceFault!.Message, StringComparison.Ordinal);
    }
}
