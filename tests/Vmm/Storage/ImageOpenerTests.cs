using System.Diagnostics;
using System.Runtime.Versioning;
using Vmm.Host;
using Vmm.Storage;
using Xunit;

namespace Vmm.Tests.Vmm.Storage;

/// <summary>What is refused as a disk, and with which words.</summary>
[Collection(AloneCollection.Name)]
public sealed class ImageOpenerTests : IDisposable
{
    private readonly ImageFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Missing_file_is_refused_by_name() => AssertRefused(_folder.PathOf("none.img"), "no such file");

    [Fact]
    public void Directory_is_refused() => AssertRefused(_folder.Root, "is a directory");

    [Fact]
    public void Directory_is_refused_for_reading_too() => AssertRefused(_folder.Root, "is a directory", readOnly: true);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Fifo_is_refused_without_waiting_for_its_other_end(bool readOnly)
    {
        string fifo = _folder.PathOf("fifo");
        using (Process process = Process.Start("mkfifo", [fifo]))
            process.WaitForExit();
        AssertRefused(fifo, "is a FIFO", readOnly);
    }

    [Fact]
    public void Character_device_is_refused() => AssertRefused("/dev/null", "is a character device");

    [Fact]
    public void Empty_file_is_refused_with_the_remedy() => AssertRefused(_folder.Image(0), "truncate -s");

    [Fact]
    public void Path_through_a_file_is_refused() => AssertRefused(_folder.Image(512) + "/x", "not a directory");

    [Fact]
    [SupportedOSPlatform("linux")]
    public void File_without_permission_is_refused_with_a_hint()
    {
        if (Environment.UserName == "root")
            Assert.Skip("root may open anything");
        string image = _folder.Image(512);
        File.SetUnixFileMode(image, UnixFileMode.UserRead);
        AssertRefused(image, "readonly=on");
    }

    [Fact]
    public void Direct_disk_whose_size_is_no_multiple_of_a_block_is_refused_for_writing()
    {
        VmmException refusal = Assert.Throws<VmmException>(() =>
            ImageOpener.Open(new RawDiskOptions(_folder.Image(1000)) { Direct = true }));
        Assert.Contains("1000 bytes", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Row", "67")]
    public void Second_writer_is_refused_and_told_who_has_the_image()
    {
        string image = _folder.Image(512);
        using ImageFile first = ImageOpener.Open(new RawDiskOptions(image));
        AssertRefused(image, "image is in use");
        AssertRefused(image, $"by process {Environment.ProcessId} ");
    }

    [Fact]
    [Trait("Row", "67")]
    public void Reader_and_writer_exclude_each_other()
    {
        string image = _folder.Image(512);
        using (ImageFile writer = ImageOpener.Open(new RawDiskOptions(image)))
            AssertRefused(image, "image is in use", readOnly: true);
        using ImageFile reader = ImageOpener.Open(new RawDiskOptions(image) { ReadOnly = true });
        AssertRefused(image, "image is in use");
    }

    [Fact]
    [Trait("Row", "67")]
    public void Readers_share_an_image()
    {
        string image = _folder.Image(512);
        using ImageFile first = ImageOpener.Open(new RawDiskOptions(image) { ReadOnly = true });
        using ImageFile second = ImageOpener.Open(new RawDiskOptions(image) { ReadOnly = true });
        Assert.True(second.Facts.ReadOnly);
    }

    [Fact]
    [Trait("Row", "67")]
    public void Image_is_free_again_once_its_user_closed_it()
    {
        string image = _folder.Image(512);
        ImageOpener.Open(new RawDiskOptions(image)).Dispose();
        using ImageFile second = ImageOpener.Open(new RawDiskOptions(image));
        Assert.Equal(512UL, second.Facts.Size);
    }

    [Fact]
    public void Refusal_leaves_no_lock_behind()
    {
        string image = _folder.Image(0);
        AssertRefused(image, "is empty");
        File.WriteAllBytes(image, new byte[512]);
        using ImageFile file = ImageOpener.Open(new RawDiskOptions(image));
        Assert.Equal(512UL, file.Facts.Size);
    }

    private static void AssertRefused(string path, string reason, bool readOnly = false)
    {
        VmmException refusal = Assert.Throws<VmmException>(() => ImageOpener.Open(new RawDiskOptions(path) { ReadOnly = readOnly }));
        Assert.Contains(path, refusal.Message, StringComparison.Ordinal);
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refusal.Message);
    }
}
