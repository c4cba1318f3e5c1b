using System.Net.Sockets;
using Vmm.Guest.Memory;
using Vmm.Host;
using Vmm.Migration;
using Vmm.Migration.Protocol;
using Vmm.Migration.Sending;
using Vmm.Tests.Vmm.Snapshot.Memory;
using Xunit;

namespace Vmm.Tests.Vmm.Migration;

/// <summary>Memory that follows a guest which runs at the destination already, over real page faults.</summary>
public sealed class PostCopyTests
{
    private const ulong Page = PageMessage.PageSize;

    [Theory]
    [InlineData("Postcopy", 1, false, false)]
    [InlineData("Postcopy", 4, true, true)]
    [InlineData("Hybrid", 1, true, false)]
    [InlineData("Hybrid", 4, false, true)]
    public void Every_page_has_its_content_when_it_is_touched_and_what_was_written_there_stays(string mode, int connections, bool zstd, bool tcp)
    {
        MemoryFolder.RequireUserfault();
        using MigrationRig rig = new(16 * MigrationRig.MiB, tcp) { Options = new() { Mode = Enum.Parse<MigrationMode>(mode), Connections = connections, Zstd = zstd, Downtime = TimeSpan.FromTicks(1) } };
        MoveAndTouchEveryPage(rig);
    }

    /// <summary>Migrates a guest that never stops writing, and has four threads touch its pages at the destination.</summary>
    internal static void MoveAndTouchEveryPage(MigrationRig rig)
    {
        Random random = new(1);
        Fill(rig.Source, random);
        rig.Source.Works = guest =>
        {
            // Half of all pages in each round: it does not converge, and what was sent of them is out of date.
            for (ulong page = 0; page < guest.Length / Page; page += 2)
                guest.Write(page * Page, (byte)(guest.Bytes[(int)(page * Page)] + 1));
        };
        List<Exception?> faults = [];
        Thread[] workers = [];
        rig.TargetStarted = there =>
        {
            workers = [.. Enumerable.Range(0, 4).Select(seed => new Thread(() => Note(faults, () => Work(rig.Source, there, seed))))];
            Array.ForEach(workers, worker => worker.Start());
        };
        rig.Run();
        Array.ForEach(workers, worker => worker.Join());
        Assert.Null(rig.SourceFault);
        Assert.Null(rig.TargetFault);
        Assert.All(faults, Assert.Null);
        // The last byte of every page is the target's own.
        for (ulong page = 0; page < rig.Source.Length / Page; page++)
        {
            Assert.True(rig.Source.Bytes.Slice((int)(page * Page), (int)Page - 1).SequenceEqual(rig.Target.Bytes.Slice((int)(page * Page), (int)Page - 1)), $"page {page}");
            Assert.InRange(rig.Target.Bytes[(int)(page * Page + Page - 1)], (byte)(page % 4 == 3 ? 200 : 0), (byte)255);
        }
        Assert.True(rig.Result!.PostCopy);
        Assert.True(rig.Target.Runs && rig.Target.HasDisks);
        Assert.False(rig.Source.Runs || rig.Source.HasDisks);
        Assert.Equal(rig.Options.Mode == MigrationMode.Hybrid, rig.Result.Rounds > 0);
    }

    [Fact]
    public void Hybrid_migration_of_a_guest_that_fits_is_a_precopy()
    {
        using MigrationRig rig = new() { Options = new() { Mode = MigrationMode.Hybrid, Downtime = TimeSpan.FromSeconds(10) } };
        rig.Source.Bytes.Fill(3);
        rig.Run();
        Assert.False(rig.Result!.PostCopy);
        Assert.True(rig.Source.Bytes.SequenceEqual(rig.Target.Bytes));
    }

    [Fact]
    public void Page_that_became_zero_after_it_was_sent_is_zero_there()
    {
        MemoryFolder.RequireUserfault();
        using MigrationRig rig = new() { Options = new() { Mode = MigrationMode.Hybrid, Downtime = TimeSpan.FromTicks(1) } };
        rig.Source.Bytes.Fill(3);
        rig.Source.Works = guest =>
        {
            for (ulong at = 0; at < 8 * Page; at++)
                guest.Write(at, 0);
        };
        rig.Run();
        Assert.True(rig.Result!.PostCopy);
        Assert.False(rig.Target.Bytes[..(8 * (int)Page)].ContainsAnyExcept((byte)0));
        Assert.True(rig.Source.Bytes.SequenceEqual(rig.Target.Bytes));
    }

    [Fact]
    [Trait("Row", "82")]
    public void Guest_that_never_converges_goes_on_there_where_that_was_asked_for()
    {
        MemoryFolder.RequireUserfault();
        using MigrationRig rig = new() { Options = new() { Downtime = TimeSpan.FromTicks(1), Timeout = TimeSpan.Zero, OnTimeout = TimeoutPolicy.Postcopy } };
        rig.Source.Works = guest =>
        {
            for (ulong page = 0; page < guest.Length; page += Page)
                guest.Write(page, (byte)(guest.Bytes[(int)page] + 1));
        };
        rig.Run();
        Assert.True(rig.Result!.PostCopy);
        Assert.True(rig.Source.Bytes.SequenceEqual(rig.Target.Bytes));
    }

    /// <summary>A round over this link takes a second: most of it is still to come when the time is over, and follows.</summary>
    [Theory]
    [InlineData("Precopy", false)]
    [InlineData("Hybrid", true)]
    [Trait("Row", "82")]
    public void Round_that_outlasts_the_time_is_cut_short_and_what_it_did_not_come_to_follows(string mode, bool zstd)
    {
        MemoryFolder.RequireUserfault();
        using MigrationRig rig = new() { Options = new() { Mode = Enum.Parse<MigrationMode>(mode), Zstd = zstd, Bandwidth = 4e6, Connections = 3, Downtime = TimeSpan.FromTicks(1), Timeout = TimeSpan.FromMilliseconds(100), OnTimeout = TimeoutPolicy.Postcopy } };
        new Random(4).NextBytes(rig.Source.Bytes);
        // Round 0 tells no page that is zero, and those are not missing either.
        rig.Source.Bytes[..(64 * (int)Page)].Clear();
        rig.Run();
        Assert.Null(rig.SourceFault);
        Assert.Null(rig.TargetFault);
        Assert.True(rig.Result!.PostCopy);
        Assert.Equal(1, rig.Result.Rounds);
        Assert.True(rig.Source.Bytes.SequenceEqual(rig.Target.Bytes));
        // Each went once: what was not sent is neither lost nor counted.
        Assert.Equal((long)(rig.Source.Length / Page) - 64, rig.Result.Pages);
        Assert.Contains(rig.Progress, progress => progress.Phase == MigrationPhase.Pages && progress.Remaining > MigrationRig.MiB);
    }

    /// <summary>Each message waits for longer than the system can be asked to: what waits is put back.</summary>
    [Fact]
    public void Link_that_carries_next_to_nothing_holds_up_no_round_that_is_cut_short()
    {
        MemoryFolder.RequireUserfault();
        using MigrationRig rig = new() { Options = new() { Bandwidth = 0.01, Connections = 4, Timeout = TimeSpan.Zero, OnTimeout = TimeoutPolicy.Postcopy } };
        rig.Source.Bytes.Fill(3);
        rig.TargetStarted = _ => rig.TargetEnds.Set();
        rig.Run();
        Assert.Null(rig.SourceFault);
        Assert.Null(rig.TargetFault);
        Assert.True(rig.Result!.PostCopy);
    }

    [Fact]
    public void Machine_that_touches_missing_memory_as_it_takes_its_state_over_gets_it()
    {
        MemoryFolder.RequireUserfault();
        using MigrationRig rig = new() { Options = new() { Mode = MigrationMode.Postcopy } };
        Fill(rig.Source, new Random(2));
        byte[] found = new byte[(int)Page];
        rig.Target.Restores = there => Assert.True(there.Ram.TryRead(new GuestAddress(6 * Page), found));
        rig.Run();
        Assert.Null(rig.SourceFault);
        Assert.True(rig.Source.Bytes.Slice(6 * (int)Page, (int)Page).SequenceEqual(found));
        Assert.True(rig.Result!.Faults > 0 && rig.Result.FaultMedian > 0 && rig.Result.Fault99 >= rig.Result.FaultMedian);
    }

    [Fact]
    public void Guest_that_cannot_wait_for_its_memory_is_refused_before_any_is_sent()
    {
        using MigrationRig rig = new() { Options = new() { Mode = MigrationMode.Postcopy } };
        rig.Target.RefusesPostCopy = new VmmException("memory.hugepages: not with post-copy");
        rig.Run();
        PreCopyTests.AssertStayed(rig);
        Assert.Contains("memory.hugepages", rig.SourceFault!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Guest_whose_run_ends_there_needs_no_more_of_its_memory()
    {
        MemoryFolder.RequireUserfault();
        using MigrationRig rig = new() { Options = new() { Mode = MigrationMode.Postcopy, Bandwidth = 1e5 } };
        rig.Source.Bytes.Fill(7);
        rig.TargetStarted = _ => rig.TargetEnds.Set();
        rig.Run();
        Assert.Null(rig.SourceFault);
        Assert.Null(rig.TargetFault);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Row", "80")]
    public void Lost_link_lets_the_guest_wait_there_and_the_source_that_comes_again_gives_it_the_rest(bool strangersKnock)
    {
        MemoryFolder.RequireUserfault();
        using MigrationRig rig = new(8 * MigrationRig.MiB) { Options = new() { Mode = MigrationMode.Postcopy, Connections = 2, Bandwidth = 1e6, Patience = TimeSpan.FromSeconds(20) } };
        Fill(rig.Source, new Random(3));
        rig.SourceAt = phase =>
        {
            if (phase == MigrationPhase.Pages)
                rig.CutSource();
        };
        List<Exception?> faults = [];
        Thread? reader = null;
        rig.TargetStarted = there => reader = new Thread(() => Note(faults, () => Work(rig.Source, there, 0)));
        Thread run = rig.RunUntilLost();
        PagesLostException lost = Assert.IsType<PagesLostException>(rig.SourceFault);
        Assert.Contains("--recover", lost.Message, StringComparison.Ordinal);
        Assert.False(rig.Source.Runs);
        Assert.True(rig.Target.Runs);
        reader!.Start();
        if (strangersKnock)
            Knock(rig, lost.Ticket);
        // It is lost once more, and then it is not.
        Assert.IsType<PagesLostException>(Record.Exception(() => rig.Recover(lost.Ticket, at =>
        {
            if (at == MigrationPhase.Pages)
                rig.CutSource();
        })));
        rig.AwaitLost();
        Assert.False(reader.Join(TimeSpan.Zero), "the guest went on without its memory");
        MigrationResult result = rig.Recover(lost.Ticket with { Options = lost.Ticket.Options with { Bandwidth = 0 } });
        reader.Join();
        run.Join();
        Assert.True(result.Recovered);
        Assert.All(faults, Assert.Null);
        Assert.True(rig.Target.Runs);
        Assert.False(rig.Source.Runs);
        for (ulong page = 0; page < rig.Source.Length / Page; page++)
            Assert.True(rig.Source.Bytes.Slice((int)(page * Page), (int)Page - 1).SequenceEqual(rig.Target.Bytes.Slice((int)(page * Page), (int)Page - 1)), $"page {page}");
    }

    [Fact]
    public void Migration_that_is_taken_up_where_another_guest_is_waited_for_is_told_so_and_that_one_comes()
    {
        using MigrationRig rig = new();
        rig.Source.Bytes.Fill(3);
        Exception? lost = null;
        rig.SourceAt = phase =>
        {
            if (phase == MigrationPhase.Connect)
                lost = Record.Exception(() => rig.Recover(new MigrationTicket(new string('0', 32), rig.Options)));
        };
        rig.Run();
        Assert.Contains("does not wait for this guest's memory: no migration waits here", Assert.IsType<VmmException>(lost).Message, StringComparison.Ordinal);
        Assert.Null(rig.SourceFault);
        Assert.True(rig.Target.Runs);
    }

    [Theory]
    [InlineData(0UL, 8)]
    [InlineData(4UL << 20, 8)]
    [InlineData(4096UL + 1, 8)]
    [InlineData(ulong.MaxValue - 4095, 8)]
    [InlineData(0UL, 7)]
    [Trait("Row", "81")]
    public void Page_that_is_none_of_RAM_cannot_be_asked_for(ulong offset, int length)
    {
        byte[] payload = new byte[PageRequestMessage.Size];
        PageRequestMessage.Write(payload, offset);
        if (offset == 0 && length == PageRequestMessage.Size)
            Assert.Equal(0UL, PageRequestMessage.Read(payload, 4 << 20));
        else
            Assert.Throws<ProtocolException>(() => PageRequestMessage.Read(payload.AsSpan(0, length), 4 << 20));
    }

    [Fact]
    [Trait("Row", "81")]
    public void List_of_missing_pages_is_of_this_RAM_and_has_none_beyond_it()
    {
        const ulong memory = 70 * Page;
        DirtyBitmap pages = new(memory);
        pages.Mark(0, Page);
        pages.Mark(69 * Page, Page);
        byte[] written = MissingMessage.Write(pages);
        DirtyBitmap read = MissingMessage.Read(written, memory);
        Assert.Equal(2UL, read.Count());
        Assert.True(read.IsMarked(0) && read.IsMarked(69 * Page));
        Assert.Throws<ProtocolException>(() => MissingMessage.Read(written, memory + 64 * Page));
        Assert.Throws<ProtocolException>(() => MissingMessage.Read(written, 69 * Page));
        Assert.Throws<ProtocolException>(() => MissingMessage.Read(written.AsSpan(1), memory));
    }

    /// <summary>One who says nothing that is a message, one who goes at once, one of another migration, and one who wants to bring another guest.</summary>
    private static void Knock(MigrationRig rig, MigrationTicket ticket)
    {
        foreach (byte[] said in (byte[][])["GET / HTTP/1.1\r\nHost: somewhere\r\n"u8.ToArray(), []])
        {
            using Socket stranger = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            stranger.Connect(new UnixDomainSocketEndPoint(rig.Place["unix:".Length..]));
            stranger.Send(said);
        }
        VmmException refused = Assert.Throws<VmmException>(() => rig.Recover(ticket with { Session = new string('0', ticket.Session.Length) }));
        Assert.Contains("does not wait for this guest's memory: that is another migration", refused.Message, StringComparison.Ordinal);
        using FakeGuest other = new(MigrationRig.MiB) { Runs = true };
        VmmException turned = Assert.ThrowsAny<VmmException>(() => new MigrationSender(other, rig.Connect, "there", new MigrationOptions()).Run(CancellationToken.None));
        Assert.Contains("a guest that runs here waits for the rest of its memory", turned.Message, StringComparison.Ordinal);
        Assert.True(other.Runs);
    }

    internal static void Note(List<Exception?> faults, Action act)
    {
        Exception? fault = Record.Exception(act);
        lock (faults)
            faults.Add(fault);
    }

    /// <summary>Touches every page, in an order of its own: reads it whole, and one of the workers writes its last byte.</summary>
    internal static void Work(FakeGuest source, FakeGuest there, int seed)
    {
        ulong[] pages = [.. Enumerable.Range(0, (int)(source.Length / Page)).Select(page => (ulong)page)];
        new Random(seed).Shuffle(pages);
        byte[] found = new byte[(int)Page];
        foreach (ulong page in pages)
        {
            Assert.True(there.Ram.TryRead(new GuestAddress(page * Page), found));
            Assert.True(source.Bytes.Slice((int)(page * Page), (int)Page - 1).SequenceEqual(found.AsSpan(0, (int)Page - 1)), $"page {page}");
            if (page % 4 == 3 && seed == 3)
                Assert.True(there.Ram.TryWrite(new GuestAddress(page * Page + Page - 1), (byte)(200 + page % 50)));
        }
    }

    internal static void Fill(FakeGuest guest, Random random)
    {
        // Pages with content, with little, and with none.
        for (ulong page = 0; page < guest.Length / Page; page++)
        {
            Span<byte> bytes = guest.Bytes.Slice((int)(page * Page), (int)Page);
            if (page % 3 == 0)
                random.NextBytes(bytes);
            else if (page % 3 == 1)
                bytes[random.Next(bytes.Length)] = (byte)page;
        }
    }
}
