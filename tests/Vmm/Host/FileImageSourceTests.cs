using System.Diagnostics;
using Vmm.Host;
using Xunit;

namespace Vmm.Tests.Vmm.Host;

/// <summary>Files that a guest is started from.</summary>
[Trait("Row", "10")]
public sealed class FileImageSourceTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vmm-image-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Whole_file_is_read_and_then_nothing()
    {
        using FileImageSource image = FileImageSource.Open("kernel", WriteFile(5000));
        Assert.Equal(5000UL, image.Length);
        var buffer = new byte[6000];
        Assert.Equal(5000, image.Read(0, buffer));
        Assert.Equal((byte)(4999 % 251), buffer[4999]);
        Assert.Equal(1000, image.Read(4000, buffer));
        Assert.Equal((byte)(4000 % 251), buffer[0]);
        Assert.Equal(0, image.Read(5000, buffer));
        Assert.Equal(0, image.Read(ulong.MaxValue, buffer));
    }

    [Fact]
    public void File_that_shrinks_while_it_is_read_is_an_error_that_names_it()
    {
        string path = WriteFile(5000);
        using FileImageSource image = FileImageSource.Open("kernel", path);
        using (FileStream file = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            file.SetLength(100);
        VmmException refusal = Assert.Throws<VmmException>(() => image.Read(0, new byte[5000]));
        Assert.Contains(path, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("shorter", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Directory_is_refused() => AssertRefused(_folder, "is a directory");

    [Fact]
    public void Missing_file_is_refused() => AssertRefused(Path.Combine(_folder, "none"), "no such file");

    [Fact]
    public void Empty_file_is_refused() => AssertRefused(WriteFile(0), "is empty");

    [Fact]
    public void Device_is_refused() => AssertRefused("/dev/zero", "is not a regular file");

    [Fact]
    public void Fifo_is_refused_without_waiting_for_a_writer()
    {
        string fifo = Path.Combine(_folder, "fifo");
        using (Process process = Process.Start("mkfifo", [fifo]))
            process.WaitForExit();
        AssertRefused(fifo, "is a FIFO");
    }

    private static void AssertRefused(string path, string reason)
    {
        VmmException refusal = Assert.Throws<VmmException>(() => FileImageSource.Open("kernel", path));
        Assert.Contains($"kernel '{path}'", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refusal.Message);
    }

    private string WriteFile(int length)
    {
        string path = Path.Combine(_folder, "image");
        File.WriteAllBytes(path, [.. Enumerable.Range(0, length).Select(i => (byte)(i % 251))]);
        return path;
    }
}
