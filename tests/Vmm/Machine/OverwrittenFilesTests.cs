using System.Diagnostics;
using Vmm.Control;
using Vmm.Host;
using Vmm.Logging;
using Vmm.Machine;
using Vmm.Machine.Config;
using Vmm.Storage;
using Vmm.Tests.Vmm.Storage;
using Xunit;

namespace Vmm.Tests.Vmm.Machine;

/// <summary>What vmm writes is never what a guest is made of, and a run that cannot start leaves what the one before wrote.</summary>
public sealed class OverwrittenFilesTests : IDisposable
{
    private readonly ImageFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Boots a machine that cannot start: on this host, or for want of its kernel.</summary>
    private static VmmException Boot(MachineConfig config)
    {
        using VmmLog log = new("test", [], TimeProvider.System);
        using VmControl control = new(new EventHub(TimeProvider.System), log);
        control.Create(MachineConfigResolver.Resolve(config));
        return Assert.ThrowsAny<VmmException>(() => control.BootHere());
    }

    private static ConsoleTarget To(string path) => new(ConsoleKind.File, path);

    private static void Link(string option, string target, string name)
    {
        using Process process = Process.Start("ln", [option, target, name]);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    private void AssertWhole(string file, int length)
    {
        Assert.Equal(length, new FileInfo(file).Length);
        Assert.Equal(ImageFolder.ByteAt(1), File.ReadAllBytes(file)[1]);
        Assert.StartsWith(_folder.Root, file, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("kernel")]
    [InlineData("initrd")]
    [InlineData("module")]
    [InlineData("disk 'disk0'")]
    public void Console_s_file_that_the_guest_is_made_of_is_refused_and_stays(string part)
    {
        string file = _folder.Image(8192, "part");
        string other = _folder.Image(4096, "other");
        string kernel = part == "kernel" ? file : other;
        MachineConfig config = part switch
        {
            "kernel" => new() { Kernel = kernel },
            "initrd" => new() { Kernel = kernel, Initrd = file },
            "module" => new() { Kernel = kernel, Module = [new() { Path = file }] },
            _ => new() { Firmware = "hello", Disk = [new() { Path = file }] },
        };
        VmmException refused = Boot(config with { Console = To(file) });
        AssertWhole(file, 8192);
        Assert.Equal($"--console: '{file}' is this machine's {part}, which would be overwritten; give another file", refused.Message);
        Assert.Equal(ExitCodes.Usage, refused.ExitCode);
    }

    [Theory]
    [InlineData("-f")]
    [InlineData("-sf")]
    public void Link_to_a_disk_is_the_disk(string kind)
    {
        string disk = _folder.Image(8192);
        Link(kind, disk, _folder.PathOf("link"));
        VmmException refused = Boot(new() { Firmware = "hello", Disk = [new() { Path = disk, Readonly = true }], Console = ConsoleTarget.Off, VirtioConsole = To(_folder.PathOf("link")) });
        AssertWhole(disk, 8192);
        Assert.StartsWith($"--virtio-console: '{_folder.PathOf("link")}' is this machine's disk", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Disk_that_another_VM_has_is_refused_as_a_console_s_file()
    {
        string disk = _folder.Image(8192);
        VmmException refused;
        using (ImageOpener.Open(new RawDiskOptions(disk)))
            refused = Boot(new() { Firmware = "hello", Console = To(disk) });
        AssertWhole(disk, 8192);
        Assert.StartsWith($"--console: '{disk}' is locked by process {Environment.ProcessId} ", refused.Message, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Usage, refused.ExitCode);
    }

    [Fact]
    public void Run_that_cannot_start_leaves_what_the_one_before_printed()
    {
        string printed = _folder.Image(100, "con.log");
        Boot(new() { Kernel = _folder.PathOf("missing"), Console = To(printed) });
        AssertWhole(printed, 100);
    }

    [Fact]
    public void Fifo_that_nobody_reads_is_told_for_a_console_as_for_a_log()
    {
        string fifo = _folder.PathOf("fifo");
        using (Process process = Process.Start("mkfifo", [fifo]))
            process.WaitForExit();
        VmmException refused = Boot(new() { Firmware = "hello", Console = To(fifo) });
        Assert.Equal($"--console: cannot write '{fifo}': nobody reads from this FIFO; start the reader first", refused.Message);
    }

    [Fact]
    public void Two_links_to_one_file_are_no_two_disks()
    {
        string disk = _folder.Image(8192);
        string link = _folder.PathOf("hard.img");
        Link("-f", disk, link);
        VmmException refused = Boot(new() { Firmware = "hello", Console = ConsoleTarget.Off, Disk = [new() { Path = disk }, new() { Path = link }] });
        Assert.Equal($"--disk: '{link}' and '{disk}' are one file; only disks that are readonly may share one", refused.Message);
        Assert.Equal(ExitCodes.Usage, refused.ExitCode);
    }

    [Theory]
    [InlineData("log")]
    [InlineData("event-monitor")]
    [InlineData("rotated log")]
    public void What_is_written_beside_the_consoles_is_no_disk_either(string what)
    {
        string disk = _folder.Image(8192, "x.1");
        MachineConfig config = MachineConfigResolver.Resolve(new()
        {
            Firmware = "hello",
            Disk = [new() { Path = disk }],
            Log = what switch
            {
                "log" => [new() { Target = LogTarget.File, Path = disk }],
                "rotated log" => [new() { Target = LogTarget.File, Path = _folder.PathOf("x"), Size = ByteSize.Parse("1M") }],
                _ => [],
            },
        });
        VmmException refused = Assert.Throws<VmmException>(() => HostFiles.Check(config, what == "event-monitor" ? disk : null));
        Assert.Equal($"--{what[(what.IndexOf(' ', StringComparison.Ordinal) + 1)..]}: '{disk}' is this machine's disk 'disk0', which would be overwritten; give another file", refused.Message);
        Assert.Equal(ExitCodes.Usage, refused.ExitCode);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void One_file_is_not_written_by_two(bool exists)
    {
        string file = exists ? _folder.Image(1) : _folder.PathOf("later");
        Directory.CreateDirectory(_folder.PathOf("d"));
        string same = Path.Combine(_folder.PathOf("d"), "..", Path.GetFileName(file));
        MachineConfig config = MachineConfigResolver.Resolve(new() { Console = To(file), Log = [new() { Target = LogTarget.File, Path = same }] });
        VmmException refused = Assert.Throws<VmmException>(() => HostFiles.Check(config));
        Assert.Equal($"--log: '{same}' is the file of --console already; give another file", refused.Message);
    }

    [Fact]
    public void What_keeps_no_bytes_may_be_given_to_several()
    {
        MachineConfig config = MachineConfigResolver.Resolve(new() { Console = To("/dev/null"), Log = [new() { Target = LogTarget.File, Path = "/dev/null" }] });
        HostFiles.Check(config, "/dev/null");
        Assert.Null(FileIdentity.Of("/dev/null"));
        Assert.Null(FileIdentity.Of(_folder.Root));
        Assert.NotNull(FileIdentity.Of(_folder.PathOf("later")));
    }
}
