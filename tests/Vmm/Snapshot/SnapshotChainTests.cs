using Vmm.Host;
using Vmm.Snapshot;
using Xunit;

namespace Vmm.Tests.Vmm.Snapshot;

/// <summary>Snapshots that build upon others.</summary>
public sealed class SnapshotChainTests : IDisposable
{
    private readonly SnapshotMaker _maker = new();
    private readonly SnapshotFolder _first;
    private readonly SnapshotFolder _second;
    private readonly SnapshotFolder _third;

    public SnapshotChainTests()
    {
        _first = _maker.Take("1");
        _maker.Fill(5, 20);
        _maker.Fill(6, 21);
        _second = _maker.Take("2", _first, [5, 6]);
        _maker.Fill(6, 0);
        _maker.Fill(700, 30);
        _third = _maker.Take("3", _second, [6, 700]);
    }

    public void Dispose() => _maker.Dispose();

    [Fact]
    public void Newest_page_counts_also_when_it_is_zero() => Assert.Equal(_maker.Content(), SnapshotMaker.MemoryOf(_third));

    [Fact]
    public void Merged_one_is_full_and_the_same_moment()
    {
        SnapshotMerger.Merge(_third, _maker.PathOf("whole"), replace: false);
        Directory.Delete(_first.Path, recursive: true);
        SnapshotFolder merged = new(_maker.PathOf("whole"));
        SnapshotManifest manifest = merged.ReadManifest();
        Assert.Equal((SnapshotKind.Full, null, _third.ReadManifest().Id), (manifest.Kind, manifest.Parent, manifest.Id));
        Assert.Equal(_maker.Content(), SnapshotMaker.MemoryOf(merged));
        using (SnapshotChain.Open(merged, verify: true))
            _maker.Open(merged);
    }

    [Fact]
    public void Merge_over_the_newest_of_its_chain_is_whole()
    {
        SnapshotMerger.Merge(_third, _third.Path, replace: true);
        Assert.Equal(_maker.Content(), SnapshotMaker.MemoryOf(_third));
        Assert.Equal(SnapshotKind.Full, _third.ReadManifest().Kind);
    }

    [Fact]
    public void Part_that_others_build_upon_is_not_merged_over_by_whatever_name()
    {
        string link = _maker.PathOf("link");
        Directory.CreateSymbolicLink(link, _maker.Root);
        foreach (string place in (string[])[_second.Path, _first.Path, Path.Combine(link, "2")])
            Assert.Contains("is a part of what", Assert.Throws<VmmException>(() => SnapshotMerger.Merge(_third, place, replace: true)).Message, StringComparison.Ordinal);
        Assert.Equal(_maker.Content(), SnapshotMaker.MemoryOf(_third));
    }

    [Fact]
    public void Folders_of_a_chain_are_told_the_oldest_first_unless_one_is_not_whole()
    {
        Assert.Equal([_first.Path, _second.Path, _third.Path], SnapshotChain.FoldersOf(_third).Select(folder => folder.Path));
        File.Delete(_second.MemoryFile);
        Assert.Contains(_second.MemoryFile, Assert.Throws<VmmException>(() => SnapshotChain.FoldersOf(_third)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Pages_that_differ_are_counted()
    {
        using SnapshotChain first = SnapshotChain.Open(_first);
        using SnapshotChain third = SnapshotChain.Open(_third);
        Assert.Equal((2UL, SnapshotMaker.Size / SnapshotMaker.Page), MemoryDifference.Count(first.Layers, third.Layers));
        Assert.Equal(0UL, MemoryDifference.Count(third.Layers, third.Layers).Changed);
    }

    [Fact]
    public void Chain_that_was_moved_as_a_whole_is_found()
    {
        string moved = _maker.PathOf("moved");
        Directory.CreateDirectory(moved);
        foreach (SnapshotFolder folder in (SnapshotFolder[])[_first, _second, _third])
            Directory.Move(folder.Path, Path.Combine(moved, Path.GetFileName(folder.Path)));
        Assert.Equal(_maker.Content(), SnapshotMaker.MemoryOf(new SnapshotFolder(Path.Combine(moved, "3"))));
    }

    [Fact]
    public void Parent_that_is_missing_is_named()
    {
        Directory.Delete(_first.Path, recursive: true);
        Assert.Contains($"there is no snapshot '{_first.Path}'", Refused(_third), StringComparison.Ordinal);
    }

    [Fact]
    public void Another_snapshot_in_the_parents_place_is_refused()
    {
        Directory.Delete(_first.Path, recursive: true);
        _maker.Take("1");
        Assert.Contains("is not the snapshot that", Refused(_third), StringComparison.Ordinal);
    }

    [Fact, Trait("Row", "71")]
    public void Chain_that_leads_back_to_itself_ends()
    {
        SnapshotMaker.Rewrite(_second, manifest => manifest with { Parent = new SnapshotParent(manifest.Id, "../2") });
        Assert.Contains("builds upon more than 256", Refused(_third), StringComparison.Ordinal);
    }

    [Fact, Trait("Row", "71")]
    public void Kind_that_contradicts_its_parent_or_pages_is_refused()
    {
        SnapshotMaker.Rewrite(_second, manifest => manifest with { Kind = SnapshotKind.Full });
        Assert.Contains("it is damaged", Refused(_second), StringComparison.Ordinal);
        SnapshotMaker.Rewrite(_third, manifest => manifest with { Memory = manifest.Memory with { Pages = null } });
        Assert.Contains("it is damaged", Refused(_third), StringComparison.Ordinal);
        SnapshotMaker.Rewrite(_first, manifest => manifest with { Kind = SnapshotKind.Incremental });
        Assert.Contains("it is damaged", Refused(_first), StringComparison.Ordinal);
    }

    [Theory, Trait("Row", "71")]
    [InlineData("")]
    [InlineData("a\0b")]
    public void Path_of_a_parent_that_is_none_is_refused(string path)
    {
        SnapshotMaker.Rewrite(_third, manifest => manifest with { Parent = manifest.Parent! with { Path = path } });
        Assert.Contains("parent.path", Refused(_third), StringComparison.Ordinal);
    }

    [Fact, Trait("Row", "73")]
    public void Parent_of_another_size_is_refused()
    {
        SnapshotMaker.Rewrite(_first, manifest => manifest with { Memory = manifest.Memory with { Size = 2 << 20 } });
        Assert.Contains("memory.size: 2097152 bytes, where the snapshot that builds upon it has 3145728", Refused(_third), StringComparison.Ordinal);
    }

    [Fact, Trait("Row", "73")]
    public void Parent_whose_memory_was_written_since_is_refused()
    {
        using (FileStream memory = File.OpenWrite(_first.MemoryFile))
            memory.WriteByte(99);
        File.SetLastWriteTimeUtc(_first.MemoryFile, DateTime.UnixEpoch);
        Assert.Contains("is not what was saved", Refused(_third), StringComparison.Ordinal);
    }

    private string Refused(SnapshotFolder folder) => Assert.Throws<VmmException>(() => _maker.Open(folder)).Message;
}
