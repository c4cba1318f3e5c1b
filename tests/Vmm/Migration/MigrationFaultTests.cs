using Vmm.Host;
using Vmm.Migration;
using Vmm.Migration.Protocol;
using Vmm.Migration.Sending;
using Vmm.Tests.Vmm.Snapshot.Memory;
using Xunit;

namespace Vmm.Tests.Vmm.Migration;

/// <summary>Either side is killed at the beginning of each phase that the code has. At every moment at most one side runs the guest.</summary>
public sealed class MigrationFaultTests
{
    public static TheoryData<string, string> Phases
    {
        get
        {
            TheoryData<string, string> all = [];
            foreach (string phase in Enum.GetNames<MigrationPhase>())
            {
                all.Add(phase, nameof(MigrationMode.Precopy));
                all.Add(phase, nameof(MigrationMode.Postcopy));
                all.Add(phase, nameof(MigrationMode.Local));
            }
            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Phases))]
    [Trait("Row", "78")]
    public void Source_that_dies_takes_the_guest_with_it_until_it_has_given_it_up(string name, string mode)
    {
        MigrationPhase phase = Enum.Parse<MigrationPhase>(name);
        using MigrationRig rig = Rig(mode);
        bool reached = false;
        rig.SourceAt = at =>
        {
            if (at != phase)
                return;
            reached = true;
            rig.KillSource();
        };
        if (phase == MigrationPhase.Connect)
            rig.TargetAt = at => MigrationRig.KillTarget();
        rig.Run();
        if (!reached)
            Assert.Null(rig.SourceFault);
        // With the memory that it has not got its source has died, too: whether it notices that before it starts makes no difference.
        if (phase != MigrationPhase.Started || rig.Options.Mode != MigrationMode.Postcopy)
            Assert.Equal(!reached || phase is MigrationPhase.Started or MigrationPhase.Pages, rig.Target.Runs);
        Assert.False(rig.Source.Runs);
    }

    [Theory]
    [MemberData(nameof(Phases))]
    [Trait("Row", "77")]
    [Trait("Row", "79")]
    public void Destination_that_dies_leaves_the_guest_at_the_source_until_it_was_given_up(string name, string mode)
    {
        MigrationPhase phase = Enum.Parse<MigrationPhase>(name);
        using MigrationRig rig = Rig(mode);
        bool reached = false;
        rig.TargetAt = at =>
        {
            if (at != phase)
                return;
            reached = true;
            MigrationRig.KillTarget();
        };
        rig.Run();
        if (!reached)
        {
            Assert.True(rig.Target.Runs);
        }
        else if (phase == MigrationPhase.Started)
        {
            // Nobody can know whether it runs there.
            Assert.IsType<CommitLostException>(rig.SourceFault);
            Assert.False(rig.Source.Runs);
            Assert.False(rig.Target.Runs);
        }
        else if (phase == MigrationPhase.Pages)
        {
            // It had begun to run there, so it is gone with that process: half of it here must not run.
            Assert.IsType<PagesLostException>(rig.SourceFault);
            Assert.False(rig.Source.Runs);
            Assert.False(rig.Target.Runs);
        }
        else if (phase == MigrationPhase.Done)
        {
            // The source has heard of it, and what becomes of the guest there is no concern of its.
            Assert.Null(rig.SourceFault);
            Assert.False(rig.Source.Runs);
        }
        else
        {
            PreCopyTests.AssertStayed(rig);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Row", "80")]
    public void Side_that_dies_while_the_other_waits_for_it_leaves_a_guest_that_runs_nowhere_else(bool sourceDies)
    {
        using MigrationRig rig = Rig(nameof(MigrationMode.Postcopy));
        // Its memory is not all there before the link is lost, however late that is.
        rig.Options = rig.Options with { Bandwidth = 1e5 };
        rig.SourceAt = at =>
        {
            if (at == MigrationPhase.Pages)
                rig.CutSource();
        };
        rig.TargetAt = at =>
        {
            if (at == MigrationPhase.Recover && !sourceDies)
                MigrationRig.KillTarget();
        };
        Thread run = rig.RunUntilLost();
        MigrationTicket ticket = Assert.IsType<PagesLostException>(rig.SourceFault).Ticket;
        if (sourceDies)
        {
            Assert.Throws<MigrationRig.KilledException>(() => rig.Recover(ticket, at =>
            {
                if (at == MigrationPhase.Recover)
                    rig.KillSource();
            }));
            // Nobody comes any more: its user ends it.
            Assert.True(rig.Target.Runs);
            rig.TargetEnds.Set();
        }
        run.Join();
        Assert.False(rig.Source.Runs);
        if (!sourceDies)
        {
            Assert.False(rig.Target.Runs);
            Assert.Contains("was not taken up again", Assert.ThrowsAny<VmmException>(() => rig.Recover(ticket)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    [Trait("Row", "79")]
    public void Lost_word_that_the_guest_runs_leaves_it_held_at_the_source()
    {
        using MigrationRig rig = new();
        // The link goes after the destination has the guest, before it can say so.
        rig.TargetAt = at =>
        {
            if (at == MigrationPhase.Started)
                rig.CutSource();
        };
        rig.Run();
        Assert.IsType<CommitLostException>(rig.SourceFault);
        Assert.False(rig.Source.Runs);
        Assert.True(rig.Target.Runs);
        Assert.Contains("vmm resume --force", rig.SourceFault.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Row", "79")]
    [Trait("Row", "80")]
    public void Lost_word_that_a_guest_runs_whose_memory_follows_is_no_loss_when_the_source_comes_again()
    {
        using MigrationRig rig = Rig(nameof(MigrationMode.Postcopy));
        // Its memory is not all there before the link is lost, however late that is.
        rig.Options = rig.Options with { Bandwidth = 1e5 };
        rig.TargetAt = at =>
        {
            if (at == MigrationPhase.Started)
                rig.CutSource();
        };
        Thread run = rig.RunUntilLost();
        CommitLostException lost = Assert.IsType<CommitLostException>(rig.SourceFault);
        Assert.Contains("--recover", lost.Message, StringComparison.Ordinal);
        MigrationResult result = rig.Recover(lost.Ticket! with { Options = lost.Ticket!.Options with { Bandwidth = 0 } });
        run.Join();
        Assert.True(result.Recovered && rig.Target.Runs && !rig.Source.Runs);
        Assert.True(rig.Source.Bytes.SequenceEqual(rig.Target.Bytes));
    }

    /// <summary>Slow enough that what follows has not come to its end when somebody is killed.</summary>
    private static MigrationRig Rig(string mode)
    {
        MigrationMode kind = Enum.Parse<MigrationMode>(mode);
        if (kind == MigrationMode.Postcopy)
            MemoryFolder.RequireUserfault();
        MigrationRig rig = kind == MigrationMode.Local ? MigrationRig.Local() : new() { Options = new() { Connections = 2, Mode = kind, Bandwidth = kind == MigrationMode.Precopy ? 0 : 4e6, Patience = TimeSpan.FromSeconds(20) } };
        rig.Source.Bytes.Fill(5);
        return rig;
    }
}
