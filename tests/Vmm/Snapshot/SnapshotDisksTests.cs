using Vmm.Host;
using Vmm.Machine.Config;
using Vmm.Snapshot;
using Xunit;

namespace Vmm.Tests.Vmm.Snapshot;

/// <summary>Whether the disks of a machine that is brought back, or arrives, are still those that it had.</summary>
public sealed class SnapshotDisksTests : IDisposable
{
    private const long Size = 8192;

    private readonly string _image = Path.GetTempFileName();
    private readonly MachineConfig _config;

    public SnapshotDisksTests()
    {
        SetSize(Size);
        _config = MachineConfigResolver.Resolve(new() { Firmware = "hello", Disk = [new() { Path = _image, Id = "disk0" }] });
    }

    public void Dispose() => File.Delete(_image);

    [Fact]
    public void Disk_of_another_size_is_another_disk_whatever_the_user_says_of_its_content()
    {
        IReadOnlyList<SnapshotDisk> saved = SnapshotDisks.Look(_config);
        SetSize(Size / 2);
        foreach (bool trusted in (bool[])[false, true])
            Assert.Contains("it is another disk", Assert.Throws<VmmException>(() => SnapshotDisks.Check(saved, _config, trusted)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Image_that_the_guest_has_filled_up_to_a_sector_s_end_is_the_same_disk()
    {
        SetSize(Size - 511);
        IReadOnlyList<SnapshotDisk> saved = SnapshotDisks.Look(_config);
        SetSize(Size);
        SnapshotDisks.Check(saved, _config, trusted: true);
        SnapshotDisks.CheckSizes(saved, _config);
        SetSize(Size + 1);
        Assert.Throws<VmmException>(() => SnapshotDisks.Check(saved, _config, trusted: true));
        Assert.Throws<VmmException>(() => SnapshotDisks.CheckSizes(saved, _config));
    }

    [Fact]
    public void Disk_that_was_written_since_is_taken_when_the_user_says_so()
    {
        IReadOnlyList<SnapshotDisk> saved = [.. SnapshotDisks.Look(_config).Select(disk => disk with { ModifiedNanoseconds = 1 })];
        Assert.Contains("--trust-disks", Assert.Throws<VmmException>(() => SnapshotDisks.Check(saved, _config)).Message, StringComparison.Ordinal);
        SnapshotDisks.Check(saved, _config, trusted: true);
    }

    [Fact]
    public void Disk_at_a_migration_s_destination_has_the_size_that_it_has_at_the_source()
    {
        SnapshotDisk there = SnapshotDisks.Look(_config)[0] with { Path = "/elsewhere/disk.img", ModifiedNanoseconds = 1 };
        SnapshotDisks.CheckSizes([there], _config);
        VmmException refused = Assert.Throws<VmmException>(() => SnapshotDisks.CheckSizes([there with { Size = 2 * Size }], _config));
        Assert.Contains($"has {Size} bytes, and '/elsewhere/disk.img' at the source {2 * Size}", refused.Message, StringComparison.Ordinal);
        Assert.Contains("'disk1'", Assert.Throws<VmmException>(() => SnapshotDisks.CheckSizes([there with { Id = "disk1" }], _config)).Message, StringComparison.Ordinal);
        // An older vmm told no size of a device.
        SnapshotDisks.CheckSizes([there with { Size = 0 }], _config);
    }

    private void SetSize(long size)
    {
        using FileStream image = new(_image, FileMode.Open);
        image.SetLength(size);
    }
}
