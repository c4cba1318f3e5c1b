using Vmm.Cli.Snapshots;
using Vmm.Host;
using Vmm.Snapshot;
using Xunit;

namespace Vmm.Tests.Vmm.Snapshot;

/// <summary>A merge that does not come to its end. Alone: whoever listens for signals meanwhile would hear those that are sent here.</summary>
[Collection(AloneCollection.Name)]
public sealed class MergeGivenUpTests : IDisposable
{
    // Not SIGINT, which ends the test runner.
    private const int SIGHUP = 1;
    private const int SIGTERM = 15;

    private readonly SnapshotMaker _maker = new();
    private readonly SnapshotFolder _first;
    private readonly SnapshotFolder _second;

    public MergeGivenUpTests()
    {
        _first = _maker.Take("1");
        _maker.Fill(6, 21);
        _second = _maker.Take("2", _first, [6]);
    }

    public void Dispose() => _maker.Dispose();

    [Fact]
    public void Merge_that_is_given_up_at_any_moment_leaves_nothing_and_what_was_there()
    {
        SnapshotFolder old = _maker.Take("whole");
        Guid id = old.ReadManifest().Id;
        string[] before = [.. Directory.EnumerateFileSystemEntries(_maker.Root).Order()];
        // Its time is another, so that it is read first: one that was copied.
        File.SetLastWriteTimeUtc(_first.MemoryFile, DateTime.UnixEpoch);
        int moments = 0;
        SnapshotMerger.Merge(_second, _maker.PathOf("counted"), replace: false, () => moments++);
        Directory.Delete(_maker.PathOf("counted"), recursive: true);
        // Three chunks that are read, three that are written, and the last moment.
        Assert.Equal(7, moments);
        for (int moment = 1; moment <= moments; moment++)
        {
            int left = moment;
            Assert.Throws<OperationCanceledException>(() => SnapshotMerger.Merge(_second, old.Path, replace: true, () =>
            {
                if (--left == 0)
                    throw new OperationCanceledException();
            }));
            Assert.Equal(before, Directory.EnumerateFileSystemEntries(_maker.Root).Order());
            Assert.Equal(id, old.ReadManifest().Id);
        }
    }

    [Theory]
    [InlineData(SIGHUP)]
    [InlineData(SIGTERM)]
    public void Merge_that_a_signal_ends_leaves_nothing_and_exits_with_its_number(int signal)
    {
        string[] before = [.. Directory.EnumerateFileSystemEntries(_maker.Root).Order()];
        VmmException refused = Assert.Throws<VmmException>(() => SnapshotsMerge.Merge(_second, _maker.PathOf("whole"), replace: false, signals =>
        {
            Assert.Equal(0, Linux.kill(Environment.ProcessId, signal));
            Assert.True(SpinWait.SpinUntil(() => signals.Received != 0, TimeSpan.FromMinutes(1)));
        }));
        Assert.Equal((ExitCodes.Signalled(signal), true), (refused.ExitCode, refused.Message.StartsWith("given up; nothing is left", StringComparison.Ordinal)));
        Assert.Equal(before, Directory.EnumerateFileSystemEntries(_maker.Root).Order());
        _maker.Open(_second);
    }
}
