using Vmm.Machine;
using Vmm.Machine.Build;
using Vmm.Snapshot;
using Vmm.Tests.Vmm.Snapshot.Memory;
using Xunit;

namespace Vmm.Tests.Vmm.Snapshot;

/// <summary>A snapshot whose memory comes while its guest runs.</summary>
public sealed class SnapshotOriginTests : IDisposable
{
    private readonly SnapshotMaker _maker = new();

    public void Dispose() => _maker.Dispose();

    [Fact]
    public void Memory_that_has_come_is_no_longer_served()
    {
        MemoryFolder.RequireUserfault();
        IMachineOrigin origin = Open();
        using GuestRam ram = origin.OpenRam(_maker.Config);
        Assert.True(ram.KeepsPages);
        origin.Started();
        Assert.True(SpinWait.SpinUntil(() => !ram.KeepsPages, TimeSpan.FromSeconds(60)));
        origin.Ended();
        Assert.Equal(MemoryFolder.ContentOf(_maker.Ram), MemoryFolder.ContentOf(ram));
    }

    [Fact]
    public void Guest_that_ends_before_its_memory_was_there_leaves_nothing_that_serves_it()
    {
        MemoryFolder.RequireUserfault();
        IMachineOrigin origin = Open();
        using GuestRam ram = origin.OpenRam(_maker.Config);
        origin.Ended();
        origin.Started();
        origin.Ended();
        Assert.False(ram.KeepsPages);
    }

    [Fact]
    [Trait("Row", "73")]
    public void Memory_that_cannot_be_read_any_more_ends_the_guest_and_then_nothing_serves_it()
    {
        MemoryFolder.RequireUserfault();
        SnapshotFolder folder = _maker.Take("web.1");
        IMachineOrigin origin = new RestoreSettings(folder.Path) { Mode = RestoreMode.Demand }.Open(_maker.Config);
        using (FileStream file = new(folder.MemoryFile, FileMode.Open))
            file.SetLength(0);
        using GuestRam ram = origin.OpenRam(_maker.Config);
        origin.Started();
        origin.Ended();
        Assert.False(ram.KeepsPages);
    }

    private SnapshotOrigin Open() => new RestoreSettings(_maker.Take("web.1").Path) { Mode = RestoreMode.Demand }.Open(_maker.Config);
}
