using Vmm.Host;
using Vmm.Snapshot;
using Vmm.Tests.Vmm.Storage;
using Xunit;

namespace Vmm.Tests.Vmm.Snapshot;

/// <summary>A snapshot is there whole or not at all, and takes no place but the one it was told.</summary>
public sealed class NewSnapshotTests : IDisposable
{
    private readonly SnapshotMaker _maker = new();

    public void Dispose() => _maker.Dispose();

    [Fact]
    public void Folder_that_is_empty_is_taken()
    {
        Directory.CreateDirectory(_maker.PathOf("web.1"));
        _maker.Open(_maker.Take("web.1"));
        AssertNothingHidden(_maker.Root);
    }

    [Theory, Trait("Row", "74")]
    [InlineData(false)]
    [InlineData(true)]
    public void What_is_no_snapshot_is_never_replaced(bool replace)
    {
        Directory.CreateDirectory(_maker.PathOf("letters"));
        File.WriteAllText(_maker.PathOf("letters/one"), "dear");
        Assert.Contains("exists and is no snapshot", Assert.Throws<VmmException>(() => _maker.Take("letters", replace: replace)).Message, StringComparison.Ordinal);
        Assert.Contains("exists and is no snapshot", Assert.Throws<VmmException>(() => _maker.Take("letters/one", replace: replace)).Message, StringComparison.Ordinal);
        Assert.Equal("dear", File.ReadAllText(_maker.PathOf("letters/one")));
        AssertNothingHidden(_maker.Root);
    }

    [Fact, Trait("Row", "74")]
    public void Snapshot_that_is_there_is_replaced_only_when_told()
    {
        Guid first = _maker.Take("web.1").ReadManifest().Id;
        Assert.Contains("there is a snapshot", Assert.Throws<VmmException>(() => _maker.Take("web.1")).Message, StringComparison.Ordinal);
        Assert.Equal(first, new SnapshotFolder(_maker.PathOf("web.1")).ReadManifest().Id);
        Assert.NotEqual(first, _maker.Take("web.1", replace: true).ReadManifest().Id);
        AssertNothingHidden(_maker.Root);
    }

    [Fact, Trait("Row", "74")]
    public void Snapshot_that_another_beside_it_builds_upon_is_not_replaced()
    {
        SnapshotFolder parent = _maker.Take("web.1");
        Guid first = parent.ReadManifest().Id;
        SnapshotFolder child = _maker.Take("web.2", parent, [5]);
        string refused = Assert.Throws<VmmException>(() => _maker.Take("web.1", replace: true)).Message;
        Assert.StartsWith($"'{parent.Path}' is what the snapshot '{child.Path}' builds upon", refused, StringComparison.Ordinal);
        Assert.Equal(first, parent.ReadManifest().Id);
        _maker.Open(child);
        AssertNothingHidden(_maker.Root);
        // Moved, it is still the only one that has what the child lacks.
        Directory.Move(parent.Path, _maker.PathOf("moved"));
        Assert.Contains(child.Path, Assert.Throws<VmmException>(() => _maker.Take("moved", replace: true)).Message, StringComparison.Ordinal);
        // Nothing builds upon the child; and what it builds upon may go once it is whole by itself.
        Directory.Move(_maker.PathOf("moved"), parent.Path);
        SnapshotMerger.Merge(child, child.Path, replace: true);
        Assert.NotEqual(first, _maker.Take("web.1", replace: true).ReadManifest().Id);
        _maker.Open(child);
    }

    [Fact]
    public void Copy_of_what_another_builds_upon_is_replaced_and_so_is_what_stays_the_same_moment()
    {
        SnapshotFolder first = _maker.Take("web.1");
        SnapshotFolder second = _maker.Take("web.2", first, [5]);
        SnapshotFolder third = _maker.Take("web.3", second, [600]);
        SnapshotMerger.Merge(second, _maker.PathOf("copy"), replace: false);
        _maker.Take("copy", replace: true);
        SnapshotMerger.Merge(second, second.Path, replace: true);
        _maker.Open(third);
        // Another moment in that place would be none that the third could build upon.
        Assert.Contains(third.Path, Assert.Throws<VmmException>(() => SnapshotMerger.Merge(first, second.Path, replace: true)).Message, StringComparison.Ordinal);
        _maker.Open(third);
    }

    [Fact]
    public void Damaged_snapshots_keep_nothing_from_being_replaced()
    {
        SnapshotFolder first = _maker.Take("web.1");
        SnapshotMaker.Rewrite(first, manifest => manifest with { Parent = new SnapshotParent(manifest.Id, "../web.1") });
        SnapshotFolder child = _maker.Take("web.2", first, [5]);
        File.AppendAllText(child.ManifestFile, "more");
        _maker.Take("web.1", replace: true);
        Assert.Equal(SnapshotKind.Full, first.ReadManifest().Kind);
    }

    /// <summary>Somebody keeps his letters where a snapshot is, or has a file that is called as one of ours.</summary>
    [Fact, Trait("Row", "74")]
    public void What_lies_beside_a_snapshot_is_never_replaced_with_it()
    {
        Guid first = _maker.Take("web.1").ReadManifest().Id;
        File.WriteAllText(_maker.PathOf("web.1/thesis.txt"), "dear");
        Assert.Contains("holds more than a snapshot ('thesis.txt')", Assert.Throws<VmmException>(() => _maker.Take("web.1", replace: true)).Message, StringComparison.Ordinal);
        Assert.Equal(first, new SnapshotFolder(_maker.PathOf("web.1")).ReadManifest().Id);
        Directory.CreateDirectory(_maker.PathOf("cargo"));
        File.WriteAllText(_maker.PathOf("cargo/manifest"), "12 crates");
        Assert.Contains("exists and is no snapshot", Assert.Throws<VmmException>(() => _maker.Take("cargo", replace: true)).Message, StringComparison.Ordinal);
        Assert.Equal("12 crates", File.ReadAllText(_maker.PathOf("cargo/manifest")));
        AssertNothingHidden(_maker.Root);
    }

    /// <summary>The process that made it was killed; another still makes one.</summary>
    [Fact, Trait("Row", "74")]
    public void What_a_killed_process_left_of_a_snapshot_goes_with_the_next_at_its_place()
    {
        string left = LeftBehind(".web.1.abcdefgh.xyz");
        string young = LeftBehind(".web.1.bbcdefgh.xyz", age: TimeSpan.Zero);
        string another = LeftBehind(".web.2.abcdefgh.xyz");
        string letters = LeftBehind(".web.1.letters");
        using NewSnapshot held = NewSnapshot.Begin(_maker.PathOf("web.1"), replace: false);
        Assert.False(Directory.Exists(left));
        Assert.True(Directory.Exists(young) && Directory.Exists(another) && Directory.Exists(letters));
        using SafeFd memory = held.OpenMemory();
        Directory.SetLastWriteTimeUtc(held.Folder.Path, DateTime.UtcNow - TimeSpan.FromHours(1));
        _maker.Take("web.1");
        Assert.True(Directory.Exists(held.Folder.Path));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\0b")]
    public void Name_that_is_none_is_refused_as_usage(string path) =>
        Assert.Equal(ExitCodes.Usage, Assert.Throws<VmmException>(() => NewSnapshot.Begin(path, replace: false)).ExitCode);

    [Fact, Trait("Row", "74")]
    public void What_came_to_the_place_meanwhile_stays()
    {
        string path = _maker.PathOf("web.1");
        using (NewSnapshot making = NewSnapshot.Begin(path, replace: true))
        {
            Directory.CreateDirectory(path);
            File.WriteAllText(Path.Combine(path, "one"), "dear");
            Assert.Contains("cannot be put at", Assert.Throws<VmmException>(making.Commit).Message, StringComparison.Ordinal);
        }
        Assert.Equal("dear", File.ReadAllText(Path.Combine(path, "one")));
        AssertNothingHidden(_maker.Root);
    }

    [Fact, Trait("Row", "74")]
    public void Empty_folder_that_was_filled_meanwhile_stays()
    {
        string path = _maker.PathOf("web.1");
        Directory.CreateDirectory(path);
        using (NewSnapshot making = NewSnapshot.Begin(path, replace: false))
        {
            File.WriteAllText(Path.Combine(path, "one"), "dear");
            Assert.Throws<VmmException>(making.Commit);
        }
        Assert.Equal("dear", File.ReadAllText(Path.Combine(path, "one")));
    }

    [Fact, Trait("Row", "74")]
    public void One_that_fails_in_the_middle_leaves_the_old_one_and_nothing_else()
    {
        SnapshotFolder old = _maker.Take("web.1");
        Guid first = old.ReadManifest().Id;
        Assert.Throws<InvalidOperationException>(() => _maker.Take("web.1", replace: true, change: _ => throw new InvalidOperationException()));
        Assert.Equal(first, old.ReadManifest().Id);
        _maker.Open(old);
        AssertNothingHidden(_maker.Root);
    }

    [Fact, Trait("Row", "74")]
    public void Disk_that_is_full_leaves_the_old_one_and_nothing_else()
    {
        using TinyMount mount = TinyMount.CreateOrSkip(kilobytes: 512);
        string root = Path.Combine(mount.Root, "s");
        Directory.CreateDirectory(root);
        using SnapshotMaker maker = new(root);
        SnapshotFolder old = maker.Take("web.1");
        Guid first = old.ReadManifest().Id;
        for (ulong page = 0; page < 200; page++)
            maker.Fill(page, 7);
        Assert.Contains("ENOSPC", Assert.Throws<VmmException>(() => maker.Take("web.1", replace: true)).Message, StringComparison.Ordinal);
        Assert.Equal(first, old.ReadManifest().Id);
        maker.Open(old);
        AssertNothingHidden(root);
    }

    [Fact]
    public void Folder_that_cannot_be_there_is_refused() =>
        Assert.Contains("there is no folder", Assert.Throws<VmmException>(() => _maker.Take("nowhere/web.1")).Message, StringComparison.Ordinal);

    private string LeftBehind(string name, TimeSpan? age = null)
    {
        string folder = Directory.CreateDirectory(_maker.PathOf(name)).FullName;
        File.WriteAllText(Path.Combine(folder, "memory"), "pages");
        Directory.SetLastWriteTimeUtc(folder, DateTime.UtcNow - (age ?? TimeSpan.FromHours(1)));
        return folder;
    }

    private static void AssertNothingHidden(string root) => Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(root), path => Path.GetFileName(path).StartsWith('.'));
}
