using Vmm.Guest.Memory;
using Vmm.Host;
using Vmm.Machine.Config;
using Vmm.Snapshot;
using Xunit;

namespace Vmm.Tests.Kvm.Moves;

/// <summary>A guest that is brought back and watched (<c>vmm restore --track</c>): what it writes is known from its first instruction on.</summary>
public sealed class WatchedRestoreTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vmm-watched-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("lazy")]
    [InlineData("eager")]
    [InlineData("demand")]
    public void Its_first_snapshot_builds_upon_the_one_it_came_from_and_has_every_byte(string word)
    {
        RestoreMode mode = Word.Parse<RestoreMode>(word);
        SnapshotRequest first = new(PathOf("first"));
        using (Traveller origin = new(2))
        {
            origin.AwaitTicks();
            origin.Take(first);
        }
        SnapshotRequest second = new(PathOf("second")) { Parent = first.Path };
        using Traveller guest = Traveller.Clone(first.Path, "guest", mode, track: true);
        guest.AwaitTicks();
        guest.AwaitMemory();
        // Held for it, and compared with what comes back: that is not watched any more.
        guest.GoThrough(second, mode, held: true);
        using (SnapshotChain chain = SnapshotChain.Open(new SnapshotFolder(second.Path), verify: true))
        {
            Assert.Equal(2, chain.Folders.Count);
            Assert.True(chain.Manifests[^1].Memory.TryReadPages()!.Count() < chain.Layers.Size / DirtyBitmap.PageSize / 4);
        }
        guest.Check();
        VmmException refused = Assert.Throws<VmmException>(() => guest.Take(new SnapshotRequest(PathOf("third")) { Parent = second.Path }));
        Assert.Contains("does not know what changed", refused.Message, StringComparison.Ordinal);
    }

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);
}
