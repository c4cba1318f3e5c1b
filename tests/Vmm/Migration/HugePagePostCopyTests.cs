using Vmm.Guest.Memory;
using Vmm.Migration;
using Vmm.Migration.Protocol;
using Vmm.Migration.Sending;
using Vmm.Tests.Vmm.Machine;
using Vmm.Tests.Vmm.Snapshot.Memory;
using Xunit;

namespace Vmm.Tests.Vmm.Migration;

/// <summary>Memory made of the host's huge pages that follows a guest: the pages of the migration are put together first.</summary>
[Collection(HugePages.Collection)]
public sealed class HugePagePostCopyTests
{
    private const ulong HugePage = 2 * MigrationRig.MiB;
    private const ulong Size = 8 * HugePage;
    private const ulong Page = PageMessage.PageSize;

    /// <summary>For a source and a target.</summary>
    private const int Needed = 2 * (int)(Size / HugePage);

    [Theory]
    [InlineData("Postcopy", 1, false)]
    [InlineData("Postcopy", 4, true)]
    [InlineData("Hybrid", 1, true)]
    [InlineData("Hybrid", 4, false)]
    public void Every_page_has_its_content_when_it_is_touched(string mode, int connections, bool zstd)
    {
        MemoryFolder.RequireUserfault();
        using HugePages reserved = new(Needed);
        using MigrationRig rig = new(Size, hugepages: true) { Options = new() { Mode = Enum.Parse<MigrationMode>(mode), Connections = connections, Zstd = zstd, Downtime = TimeSpan.FromTicks(1) } };
        Assert.Equal(HugePage, rig.Target.PageSize);
        PostCopyTests.MoveAndTouchEveryPage(rig);
    }

    /// <summary>What it did not write since is out of date nowhere, but shares a huge page with what it did.</summary>
    [Fact]
    public void One_page_that_was_written_brings_its_huge_page_and_no_other()
    {
        MemoryFolder.RequireUserfault();
        using HugePages reserved = new(Needed);
        using MigrationRig rig = new(Size, hugepages: true) { Options = new() { Mode = MigrationMode.Hybrid, Downtime = TimeSpan.FromTicks(1) } };
        rig.Source.Bytes.Fill(3);
        rig.Source.Works = guest => guest.Write(HugePage + 5 * Page, (byte)(guest.Bytes[(int)(HugePage + 5 * Page)] + 1));
        rig.Run();
        Assert.Null(rig.SourceFault);
        Assert.True(rig.Result!.PostCopy);
        Assert.True(rig.Source.Bytes.SequenceEqual(rig.Target.Bytes));
        long all = (long)(Size / Page);
        Assert.InRange(rig.Result.Pages, all + (long)(HugePage / Page), all + rig.Result.Rounds - 1 + (long)(HugePage / Page));
    }

    [Fact]
    [Trait("Row", "80")]
    public void Link_that_is_lost_within_a_huge_page_and_taken_up_again_brings_all_of_it()
    {
        MemoryFolder.RequireUserfault();
        using HugePages reserved = new(Needed);
        using MigrationRig rig = new(Size, hugepages: true) { Options = new() { Mode = MigrationMode.Postcopy, Connections = 2, Bandwidth = 1e6, Patience = TimeSpan.FromSeconds(20) } };
        PostCopyTests.Fill(rig.Source, new Random(3));
        rig.SourceAt = phase =>
        {
            if (phase == MigrationPhase.Pages)
                rig.CutSource();
        };
        List<Exception?> faults = [];
        Thread? reader = null;
        rig.TargetStarted = there => reader = new Thread(() => PostCopyTests.Note(faults, () => PostCopyTests.Work(rig.Source, there, 0)));
        Thread run = rig.RunUntilLost();
        MigrationTicket ticket = Assert.IsType<PagesLostException>(rig.SourceFault).Ticket;
        reader!.Start();
        Assert.True(rig.Recover(ticket with { Options = ticket.Options with { Bandwidth = 0 } }).Recovered);
        reader.Join();
        run.Join();
        Assert.All(faults, Assert.Null);
        Assert.True(rig.Source.Bytes.SequenceEqual(rig.Target.Bytes));
    }

    [Fact]
    public void Source_that_knows_nothing_of_huge_pages_keeps_its_guest()
    {
        MemoryFolder.RequireUserfault();
        using HugePages reserved = new(Needed);
        using MigrationRig rig = new(Size, hugepages: true) { Options = new() { Mode = MigrationMode.Hybrid, Downtime = TimeSpan.FromTicks(1) } };
        rig.Source.ClaimedPageSize = MemoryLayout.PageSize;
        rig.Source.Works = guest => guest.Write(5 * Page, (byte)(guest.Bytes[(int)(5 * Page)] + 1));
        rig.Run();
        PreCopyTests.AssertStayed(rig);
        Assert.Contains("--mode precopy", rig.SourceFault!.Message, StringComparison.Ordinal);
    }
}
