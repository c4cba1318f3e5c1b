using Vmm.Host;
using Vmm.Migration;
using Vmm.Migration.Protocol;
using Vmm.Migration.Transport;
using Vmm.Tests.Vmm.Snapshot.Memory;
using Xunit;

namespace Vmm.Tests.Vmm.Migration;

/// <summary>Memory and state over both kinds of sockets, while the guest writes; and who runs the guest when it does not go well.</summary>
public sealed class PreCopyTests
{
    private const ulong Page = PageMessage.PageSize;

    [Theory]
    [InlineData(1, false, false)]
    [InlineData(1, false, true)]
    [InlineData(4, true, true)]
    [InlineData(128, true, false)]
    public void Every_byte_arrives_while_the_guest_writes(int connections, bool zstd, bool tcp)
    {
        using MigrationRig rig = new(tcp: tcp) { Options = new() { Connections = connections, Zstd = zstd, Downtime = TimeSpan.FromMilliseconds(1) } };
        Random random = new(1);
        Fill(rig.Source, random);
        int rounds = 6;
        rig.Source.Works = guest =>
        {
            for (int i = 0; i < 20 * rounds; i++)
                guest.Write((ulong)random.Next((int)guest.Length), (byte)random.Next(3));
            rounds = Math.Max(rounds - 1, 0);
        };
        rig.Run();
        Assert.Null(rig.SourceFault);
        Assert.Null(rig.TargetFault);
        Assert.True(rig.Source.Bytes.SequenceEqual(rig.Target.Bytes));
        Assert.Equal(rig.Source.State, rig.Target.State);
        Assert.True(rig.Target.Runs);
        Assert.True(rig.Target.HasDisks);
        Assert.False(rig.Source.HasDisks);
        Assert.False(rig.Source.Runs);
        Assert.True(rig.Result!.Rounds > 1);
        Assert.InRange(rig.Result.DowntimeMilliseconds, 0, rig.Result.TotalMilliseconds);
    }

    [Theory]
    [InlineData("Precopy", false)]
    [InlineData("Precopy", true)]
    [InlineData("Postcopy", false)]
    [InlineData("Postcopy", true)]
    public void Place_is_free_for_the_next_when_the_source_hears_that_it_is_done(string mode, bool tcp)
    {
        if (mode != "Precopy")
            MemoryFolder.RequireUserfault();
        using MigrationRig rig = new(tcp: tcp) { Options = new() { Mode = Enum.Parse<MigrationMode>(mode) } };
        bool wasFree = false;
        rig.SourceEnded = () =>
        {
            // Whoever comes now is not taken for the one before, and stays when that one goes.
            MigrationAddress.Parse(rig.Place).Listen().Dispose();
            wasFree = true;
        };
        rig.Run();
        Assert.Null(rig.TargetFault);
        Assert.True(wasFree);
    }

    [Fact]
    public void Place_is_free_for_the_next_when_the_source_hears_that_it_failed()
    {
        using MigrationRig rig = new() { TargetSize = MigrationRig.MiB };
        bool wasFree = false;
        rig.SourceEnded = () =>
        {
            MigrationAddress.Parse(rig.Place).Listen().Dispose();
            wasFree = true;
        };
        rig.Run();
        Assert.Contains("bytes of RAM", rig.SourceFault!.Message, StringComparison.Ordinal);
        Assert.True(wasFree);
    }

    [Fact]
    public void Pages_that_are_zero_are_not_sent()
    {
        using MigrationRig rig = new(64 * MigrationRig.MiB);
        rig.Source.Bytes[(int)(3 * Page) + 5] = 1;
        rig.Run();
        Assert.Equal(1, rig.Result!.Pages);
        Assert.InRange(rig.Result.Sent, (long)Page, 4 * (long)Page);
        Assert.True(rig.Source.Bytes.SequenceEqual(rig.Target.Bytes));
    }

    [Fact]
    public void Page_that_becomes_zero_after_it_was_sent_becomes_zero_there()
    {
        using MigrationRig rig = new();
        rig.Source.Bytes[5] = 1;
        rig.Source.Works = guest => guest.Write(5, 0);
        rig.Run();
        Assert.Equal(0, rig.Target.Bytes[5]);
        Assert.True(rig.Target.Runs);
    }

    [Fact]
    public void Round_that_shrinks_is_followed_by_another_and_a_small_rest_is_sent_while_the_guest_is_held()
    {
        using MigrationRig rig = new(16 * MigrationRig.MiB) { Options = new() { Downtime = TimeSpan.FromSeconds(10) } };
        Fill(rig.Source, new Random(1));
        ulong pages = 4096;
        rig.Source.Works = guest =>
        {
            pages /= 2;
            for (ulong page = 0; page < pages; page++)
                guest.Write(page * Page, 9);
        };
        rig.Run();
        // 2048 fit and are no half of nothing, 1024 and on are; 64 pages are too few to go on for.
        Assert.InRange(rig.Result!.Rounds, 6, 8);
    }

    [Fact]
    [Trait("Row", "82")]
    public void Guest_that_never_converges_stays_when_the_time_is_over()
    {
        using MigrationRig rig = new() { Options = new() { Downtime = TimeSpan.FromTicks(1), Timeout = TimeSpan.Zero } };
        rig.Source.Works = guest => WriteAll(guest);
        rig.Run();
        AssertStayed(rig);
        Assert.Contains("did not converge", rig.SourceFault!.Message, StringComparison.Ordinal);
        Assert.Contains("did not converge", rig.TargetFault!.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Row", "82")]
    public void Guest_that_never_converges_is_held_for_the_rest_where_that_was_asked_for()
    {
        using MigrationRig rig = new() { Options = new() { Downtime = TimeSpan.FromTicks(1), Timeout = TimeSpan.Zero, OnTimeout = TimeoutPolicy.Continue } };
        rig.Source.Works = guest => WriteAll(guest);
        rig.Run();
        Assert.True(rig.Target.Runs);
        Assert.True(rig.Source.Bytes.SequenceEqual(rig.Target.Bytes));
    }

    /// <summary>A round over this link takes four seconds, and nothing is written: after it all would fit.</summary>
    [Fact]
    [Trait("Row", "82")]
    public void Time_that_is_over_within_a_round_ends_it_there()
    {
        using MigrationRig rig = new() { Options = new() { Bandwidth = 1e6, Connections = 2, Timeout = TimeSpan.FromMilliseconds(200) } };
        rig.Source.Bytes.Fill(3);
        rig.Run();
        AssertStayed(rig);
        Assert.Contains("it did not converge within 0.2 s: the guest writes 0 MB/s, and ", rig.SourceFault!.Message, StringComparison.Ordinal);
        Assert.Contains("did not converge", rig.TargetFault!.Message, StringComparison.Ordinal);
        Assert.All(rig.Progress, progress => Assert.Equal(0, progress.Round));
    }

    [Fact]
    public void Round_that_outlasts_the_time_is_finished_where_the_guest_is_to_be_held_for_the_rest()
    {
        using MigrationRig rig = new() { Options = new() { Bandwidth = 8e6, Timeout = TimeSpan.Zero, OnTimeout = TimeoutPolicy.Continue } };
        rig.Source.Bytes.Fill(3);
        rig.Run();
        AssertMoved(rig);
        Assert.Equal((long)(rig.Source.Length / Page), rig.Result!.Pages);
    }

    [Fact]
    public void Guest_that_writes_too_much_is_held_back_until_it_fits_and_let_go_when_it_stays()
    {
        using MigrationRig rig = new() { Options = new() { Downtime = TimeSpan.FromTicks(1), Timeout = TimeSpan.FromSeconds(20), AutoConverge = true } };
        int most = 0;
        rig.Source.Works = guest =>
        {
            most = Math.Max(most, guest.ThrottledTo);
            WriteAll(guest);
            if (guest.ThrottledTo >= 50)
                rig.Cancel.Cancel();
        };
        rig.Run();
        Assert.Equal(50, most);
        AssertStayed(rig);
    }

    [Fact]
    public void Cancelled_migration_leaves_the_guest_where_it_is()
    {
        using MigrationRig rig = new();
        rig.SourceAt = phase =>
        {
            if (phase == MigrationPhase.State)
                rig.Cancel.Cancel();
        };
        rig.Run();
        AssertStayed(rig);
        Assert.Contains("was cancelled", rig.SourceFault!.Message, StringComparison.Ordinal);
        Assert.Contains("cancelled", rig.TargetFault!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Guest_that_ends_meanwhile_is_not_said_to_stay()
    {
        using MigrationRig rig = new();
        rig.SourceAt = phase =>
        {
            if (phase != MigrationPhase.State)
                return;
            rig.Source.HasEnded = true;
            rig.Cancel.Cancel();
        };
        rig.Run();
        Assert.Contains("ended with the guest's run here", rig.SourceFault!.Message, StringComparison.Ordinal);
        Assert.False(rig.Target.Runs);
    }

    /// <summary>Few bytes a second over many connections: the next is due after longer than the system can be asked to wait.</summary>
    [Fact]
    public void Bandwidth_that_would_take_months_can_be_given_up()
    {
        using MigrationRig rig = new() { Options = new() { Bandwidth = 0.01, Connections = 4 } };
        rig.Source.Bytes.Fill(3);
        Timer? soon = null;
        rig.SourceAt = phase =>
        {
            if (phase == MigrationPhase.Rounds)
                soon = new Timer(_ => rig.Cancel.Cancel(), null, TimeSpan.FromMilliseconds(300), Timeout.InfiniteTimeSpan);
        };
        rig.Run();
        soon!.Dispose();
        AssertStayed(rig);
        Assert.Contains("was cancelled", rig.SourceFault!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void State_that_the_destination_cannot_take_over_leaves_the_guest_where_it_is_with_the_reason()
    {
        using MigrationRig rig = new();
        rig.Target.RefusesState = new VmmException("vcpu0: rip: not canonical");
        rig.Run();
        AssertStayed(rig);
        Assert.Contains("vcpu0: rip: not canonical", rig.SourceFault!.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Row", "77")]
    public void Disk_that_the_destination_cannot_lock_goes_back_to_the_source_even_after_commit()
    {
        using MigrationRig rig = new();
        rig.Target.SomebodyTookTheDisks = true;
        rig.Run();
        AssertStayed(rig);
        Assert.Contains("image is in use", rig.SourceFault!.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Row", "77")]
    public void Disk_that_cannot_be_taken_back_leaves_the_guest_held()
    {
        using MigrationRig rig = new();
        rig.Source.SomebodyTookTheDisks = rig.Target.SomebodyTookTheDisks = true;
        rig.Run();
        Assert.False(rig.Source.Runs);
        Assert.False(rig.Target.Runs);
        Assert.Contains("held, because a disk cannot be had again", rig.SourceFault!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Guest_that_ends_meanwhile_is_not_migrated()
    {
        using MigrationRig rig = new() { Options = new() { Downtime = TimeSpan.FromTicks(1) } };
        rig.Source.Works = guest =>
        {
            WriteAll(guest);
            guest.HasEnded = true;
            guest.Runs = false;
        };
        rig.Run();
        Assert.False(rig.Target.Runs);
        Assert.Contains("ended meanwhile", rig.SourceFault!.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Row", "75")]
    public void Silent_destination_is_given_up()
    {
        using MigrationRig rig = new() { Options = new() { Patience = TimeSpan.FromMilliseconds(200) } };
        using ManualResetEventSlim over = new();
        rig.TargetAt = phase =>
        {
            if (phase != MigrationPhase.Hello)
                return;
            over.Wait(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
            MigrationRig.KillTarget();
        };
        Thread run = new(() =>
        {
            rig.Run();
        });
        run.Start();
        SpinWait.SpinUntil(() => rig.SourceFault is not null, TimeSpan.FromSeconds(20));
        over.Set();
        run.Join();
        AssertStayed(rig);
        Assert.Contains("did not answer", rig.SourceFault!.Message, StringComparison.Ordinal);
    }

    /// <summary>The guest runs on at the source, as if nothing had been.</summary>
    internal static void AssertMoved(MigrationRig rig)
    {
        Assert.Null(rig.SourceFault);
        Assert.Null(rig.TargetFault);
        Assert.True(rig.Source.Bytes.SequenceEqual(rig.Target.Bytes));
        Assert.True(rig.Target.Runs);
        Assert.False(rig.Source.Runs);
    }

    internal static void AssertStayed(MigrationRig rig)
    {
        Assert.NotNull(rig.SourceFault);
        Assert.True(rig.Source.Runs);
        Assert.True(rig.Source.HasDisks);
        Assert.False(rig.Source.IsLogged);
        Assert.Equal(0, rig.Source.ThrottledTo);
        Assert.False(rig.Target.Runs);
        Assert.False(rig.Target.HasDisks);
    }

    private static void Fill(FakeGuest guest, Random random)
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

    private static void WriteAll(FakeGuest guest)
    {
        for (ulong page = 0; page < guest.Length; page += Page)
            guest.Write(page, (byte)(guest.Bytes[(int)page] + 1));
    }
}
