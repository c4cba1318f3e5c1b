using System.Buffers.Binary;
using Vmm.Migration;
using Vmm.Migration.Protocol;
using Vmm.Migration.Sending;
using Vmm.Tests.Vmm.Snapshot.Memory;
using Xunit;

namespace Vmm.Tests.Vmm.Migration;

/// <summary>The destination's word that all memory is there: until it is heard the source holds what nobody needs any more.</summary>
[Trait("Row", "80")]
public sealed class LastWordTests
{
    [Fact]
    public void Lost_word_is_said_again_to_the_source_that_comes_again()
    {
        using MigrationRig rig = Rig();
        string place = rig.Place;
        using TamperingRelay relay = LosesTheWord(rig);
        Thread run = rig.RunUntilLost();
        PagesLostException lost = Assert.IsType<PagesLostException>(rig.SourceFault);
        Assert.Contains("all of its memory was sent", lost.Message, StringComparison.Ordinal);
        Assert.Contains("--recover", lost.Message, StringComparison.Ordinal);

        rig.Place = place;
        MigrationResult result = rig.Recover(lost.Ticket);

        run.Join();
        Assert.True(result.Recovered && rig.Target.Runs && !rig.Source.Runs);
        Assert.Equal(0, result.Pages);
        Assert.Null(rig.TargetFault);
        Assert.True(rig.Source.Bytes.SequenceEqual(rig.Target.Bytes));
    }

    [Fact]
    public void Guest_that_has_everything_does_not_wait_for_ever_for_who_asks()
    {
        using MigrationRig rig = Rig(answersLate: TimeSpan.Zero);
        rig.TargetWaits = () => { };
        using TamperingRelay relay = LosesTheWord(rig);

        rig.Run();

        Assert.IsType<PagesLostException>(rig.SourceFault);
        Assert.Null(rig.TargetFault);
        Assert.True(rig.Target.Runs && !rig.Source.Runs);
    }

    /// <summary>Nothing is believed of it: the guest waits for what is missing, and has it when the source comes again.</summary>
    [Fact]
    public void Source_that_says_so_before_the_destination_did_is_lost_and_comes_again()
    {
        using MigrationRig rig = Rig();
        string place = rig.Place;
        using ManualResetEventSlim said = new();
        bool given = false;
        string? why = null;
        rig.TargetLost = told =>
        {
            why = told;
            said.Set();
        };
        using TamperingRelay relay = new(rig.Folder, rig.Place, towardsTarget: true, (type, message) =>
        {
            switch (type)
            {
                case MessageType.Commit:
                    Volatile.Write(ref given, true);
                    break;
                // Else all might be there by then.
                case MessageType.Pages when Volatile.Read(ref given):
                    said.Wait(TimeSpan.FromSeconds(60));
                    break;
                case MessageType.Progress when Volatile.Read(ref given) && !said.IsSet:
                    byte[] early = new byte[FrameHeader.Size];
                    FrameHeader.Write(early, MessageType.Complete, BinaryPrimitives.ReadUInt32LittleEndian(message.AsSpan(8)), []);
                    return [early];
            }
            return [message];
        });
        rig.Place = relay.Place;
        Thread run = rig.RunUntilLost();
        PagesLostException lost = Assert.IsType<PagesLostException>(rig.SourceFault);
        Assert.Contains("the source said that all is here before this side did", why, StringComparison.Ordinal);

        rig.Place = place;
        MigrationResult result = rig.Recover(lost.Ticket);

        run.Join();
        Assert.True(result.Recovered && rig.Target.Runs && !rig.Source.Runs);
        Assert.Null(rig.TargetFault);
        Assert.True(rig.Source.Bytes.SequenceEqual(rig.Target.Bytes));
    }

    private static MigrationRig Rig(TimeSpan? answersLate = null)
    {
        MemoryFolder.RequireUserfault();
        MigrationRig rig = new() { Options = new() { Mode = MigrationMode.Postcopy, Connections = 2, Patience = TimeSpan.FromSeconds(20) }, TargetAnswersLate = answersLate };
        rig.Source.Bytes.Fill(5);
        return rig;
    }

    /// <summary>Has the link cut where the word would come through.</summary>
    private static TamperingRelay LosesTheWord(MigrationRig rig)
    {
        TamperingRelay relay = new(rig.Folder, rig.Place, towardsTarget: false, (type, message) => type == MessageType.Complete ? null : [message]);
        rig.Place = relay.Place;
        return relay;
    }
}
