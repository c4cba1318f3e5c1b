using Vmm.Machine.Config;
using Xunit;

namespace Vmm.Tests.Vmm.Config;

public sealed class AbsolutePathsTests
{
    [Fact]
    public void Every_path_is_written_from_the_root()
    {
        MachineConfig config = AbsolutePaths.Of(new MachineConfig
        {
            Name = "web",
            Kernel = "vmlinuz",
            Initrd = "../initrd",
            Module = [new() { Path = "m", Args = "a=b" }],
            Disk = [new() { Path = "disk.img", Readonly = true }, new() { Path = "/dev/sda" }],
            Console = new(ConsoleKind.File, "serial.log"),
            VirtioConsole = ConsoleTarget.Tty,
        });
        string here = Directory.GetCurrentDirectory();
        Assert.Equal(Path.Combine(here, "vmlinuz"), config.Kernel);
        Assert.Equal(Path.GetFullPath(Path.Combine(here, "..", "initrd")), config.Initrd);
        Assert.Equal([new() { Path = Path.Combine(here, "m"), Args = "a=b" }], config.Module);
        Assert.Equal([new() { Path = Path.Combine(here, "disk.img"), Readonly = true }, new() { Path = "/dev/sda" }], config.Disk);
        Assert.Equal(new(ConsoleKind.File, Path.Combine(here, "serial.log")), config.Console);
        Assert.Equal(ConsoleTarget.Tty, config.VirtioConsole);
        Assert.Equal("web", config.Name);
    }

    [Fact]
    public void What_was_not_given_stays_so()
    {
        MachineConfig config = AbsolutePaths.Of(new MachineConfig { Firmware = "hello" });
        Assert.Null(config.Kernel);
        Assert.Null(config.Initrd);
        Assert.Null(config.Console);
        Assert.Equal("hello", config.Firmware);
    }
}
