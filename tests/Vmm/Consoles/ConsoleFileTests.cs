using Vmm.Consoles;
using Vmm.Host;
using Vmm.Machine;
using Vmm.Machine.Config;
using Vmm.Storage;
using Xunit;

namespace Vmm.Tests.Vmm.Consoles;

/// <summary>A console's file is one machine's, and what a guest printed before it was copied or moved is not lost.</summary>
public sealed class ConsoleFileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    private string Log => Path.Combine(_folder.FullName, "log");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(nameof(GuestStart.Begins), "now")]
    [InlineData(nameof(GuestStart.GoesOn), "before now")]
    [InlineData(nameof(GuestStart.Arrives), "before now")]
    public void File_is_emptied_for_a_guest_that_begins_only(string start, string expected)
    {
        File.WriteAllText(Log, "before ");
        Print(Enum.Parse<GuestStart>(start), "now");
        Assert.Equal(expected, File.ReadAllText(Log));
    }

    [Theory]
    [InlineData(nameof(GuestStart.Begins))]
    [InlineData(nameof(GuestStart.GoesOn))]
    public void File_of_another_machines_console_is_refused_and_left_as_it_is(string start)
    {
        ConsoleFile other = new("console", Log);
        using (other.Sink)
        {
            other.Take(GuestStart.Begins);
            other.Sink.Write("kept"u8);
            string expected = $"--virtio-console: '{Log}' is locked by process {Environment.ProcessId} ({File.ReadAllText("/proc/self/comm").Trim()}): another machine's console, which would be overwritten; give another file";

            Assert.Equal(expected, Assert.Throws<VmmException>(() => Print(Enum.Parse<GuestStart>(start), "lost")).Message);
            MachineConfig config = MachineConfigResolver.Resolve(new() { VirtioConsole = new(ConsoleKind.File, Log) });
            Assert.Equal(expected, Assert.Throws<VmmException>(() => HostFiles.Check(config)).Message);
            Assert.Throws<VmmException>(RawImage);
        }
        Assert.Equal("kept", File.ReadAllText(Log));
    }

    [Fact]
    public void Guest_that_arrives_has_its_file_beside_its_source()
    {
        ConsoleFile source = new("console", Log);
        using (source.Sink)
        {
            source.Take(GuestStart.Begins);
            HostFiles.Check(MachineConfigResolver.Resolve(new() { Console = new(ConsoleKind.File, Log) }), arrives: true);
            Print(GuestStart.Arrives, "there");
        }
        Assert.Equal("there", File.ReadAllText(Log));
    }

    [Fact]
    public void Disk_is_refused_whoever_arrives()
    {
        File.WriteAllBytes(Log, new byte[4096]);
        using (RawImage())
        {
            Assert.Contains("a disk in use", Assert.Throws<VmmException>(() => Print(GuestStart.Arrives, "x")).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void What_keeps_no_bytes_may_be_many_machines()
    {
        ConsoleFile one = new("console", "/dev/null"), two = new("console", "/dev/null");
        using (one.Sink)
        using (two.Sink)
        {
            one.Take(GuestStart.Begins);
            two.Take(GuestStart.Begins);
        }
    }

    private void Print(GuestStart start, string text)
    {
        ConsoleFile file = new("virtio-console", Log);
        using (file.Sink)
        {
            file.Take(start);
            file.Sink.Write(System.Text.Encoding.ASCII.GetBytes(text));
        }
    }

    private RawFileBackend RawImage() => RawFileBackend.Open(new RawDiskOptions(Log), "disk0");
}
