using Vmm.Cli;
using Vmm.Host;
using Vmm.Machine.Config;
using Xunit;

namespace Vmm.Tests.Vmm.Cli;

public sealed class RunCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vmm-cli-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Write(string json)
    {
        string path = Path.Combine(_folder, "machine.json");
        File.WriteAllText(path, json);
        return path;
    }

    private static MachineConfig Machine(params string[] arguments) =>
        MachineConfigFile.FromText("dry-run", CommandLineRun.DryRun(arguments)).Config;

    [Fact]
    public void Every_option_reaches_the_machine()
    {
        MachineConfig machine = Machine(
            "--kernel", "vmlinux", "--initrd", "initrd", "--cmdline", "a=b, c", "--module", "m1=x=1,y", "--module", "m2",
            "--boot-protocol", "pvh", "--cpus", "8,sockets=2,cores=2,threads=2", "--cpu", "host,-avx2",
            "--memory", "6G,hugepages=on,shared=on,prefault=on", "--disk", "a.img",
            "--disk", "path=b,,c.img,readonly=on,direct=on,id=data", "--console", "file=/tmp/s", "--virtio-console", "tty",
            "--transport", "mmio", "--rng", "off", "--name", "web", "--reboot", "exit", "--stats");

        Assert.Equal("vmlinux", machine.Kernel);
        Assert.Equal("initrd", machine.Initrd);
        Assert.Equal("a=b, c", machine.Cmdline);
        Assert.Equal([new() { Path = "m1", Args = "x=1,y" }, new() { Path = "m2" }], machine.Module);
        Assert.Equal(BootProtocol.Pvh, machine.BootProtocol);
        Assert.Equal(new CpuTopology(8, 2, 2, 2), machine.Cpus.Topology);
        Assert.Equal(["avx2"], machine.Cpu.Removed);
        Assert.Equal(new() { Size = new(6UL << 30), Hugepages = true, Shared = true, Prefault = true }, machine.Memory);
        Assert.Equal([new() { Path = "a.img", Id = "disk0" }, new() { Path = "b,c.img", Readonly = true, Direct = true, Id = "data" }], machine.Disk);
        Assert.Equal(new(ConsoleKind.File, "/tmp/s"), machine.Console);
        Assert.Equal(ConsoleTarget.Tty, machine.VirtioConsole);
        Assert.Equal(VirtioTransport.Mmio, machine.Transport);
        Assert.False(machine.Rng);
        Assert.Equal("web", machine.Name);
        Assert.Equal(RebootPolicy.Exit, machine.Reboot);
        Assert.True(machine.Stats);
    }

    [Fact]
    public void Dry_run_prints_a_file_that_run_takes_again()
    {
        string once = CommandLineRun.DryRun("--kernel", "k", "--cpus", "4", "--disk", "a.img,readonly=on", "--cpu", "host,+x", "--memory", "300M");
        Assert.Equal(once, CommandLineRun.DryRun(Write(once)));
    }

    [Fact]
    public void Option_beside_a_file_wins_and_disks_add_up()
    {
        string file = Write("""{ "kernel": "k", "memory": { "size": "1G", "shared": true }, "disk": [ { "path": "a" } ] }""");
        MachineConfig machine = Machine(file, "--memory", "256", "--disk", "b");
        Assert.Equal(new() { Size = new(256UL << 20) }, machine.Memory);
        Assert.Equal(["a", "b"], machine.Disk.Select(disk => disk.Path));
        Assert.Equal("k", machine.Kernel);
    }

    [Fact]
    public void Command_line_may_look_like_an_option_or_be_empty()
    {
        Assert.Equal("--foo", Machine("--kernel", "k", "--cmdline", "--foo").Cmdline);
        Assert.Equal("--stats", Machine("--kernel", "k", "--cmdline=--stats").Cmdline);
        Assert.Equal("", Machine("--kernel", "k", "--cmdline", "").Cmdline);
        Assert.Equal("--initrd", Machine("--kernel=--initrd").Kernel);
    }

    [Theory]
    [InlineData("unknown option '--kernl'; did you mean '--kernel'?", "--kernl", "x")]
    [InlineData("unknown option '-k'", "-k", "x")]
    [InlineData("unexpected argument 'b'", "a.json", "b")]
    [InlineData("--kernel: is given twice", "--kernel", "a", "--kernel", "b")]
    [InlineData("--stats: is given twice", "--stats", "--stats")]
    [InlineData("--dry-run: is given twice", "--dry-run", "--dry-run")]
    [InlineData("--kernel: needs a value: FILE", "--kernel")]
    [InlineData("--kernel: needs a value", "--kernel", "")]
    [InlineData("--kernel: needs a value: FILE; '--initrd' is an option (for a value of that name: --kernel=--initrd)", "--kernel", "--initrd", "i")]
    [InlineData("--kernel: needs a value: FILE; '--help' is an option", "--kernel", "--help")]
    [InlineData("--name: needs a value: NAME; '-d' is an option", "--kernel", "k", "--name", "-d")]
    [InlineData("--firmware: give either a kernel or a firmware", "--kernel", "k", "--firmware", "hello")]
    [InlineData("--disk: unknown key 'readony'; did you mean 'readonly'?", "--disk", "a,readony=on")]
    [InlineData("--disk: unknown key 'cache'; there are path, readonly, direct, id, queues, queue-size, bandwidth, bandwidth-burst, ops, ops-burst, aio", "--disk", "a,cache=none")]
    [InlineData("--disk: key 'id' is given twice", "--disk", "a,id=x,id=x")]
    [InlineData("--disk: 'fast' is none of auto, io_uring, threads", "--disk", "a,aio=fast")]
    [InlineData("--disk: bandwidth: '0M/s' lets nothing pass", "--disk", "a,bandwidth=0M/s")]
    [InlineData("--disk: ops: '5/h' is no rate", "--disk", "a,ops=5/h")]
    [InlineData("--disk: bandwidth: 'fast'", "--disk", "a,bandwidth=fast")]
    [InlineData("--disk: bandwidth-burst: has a meaning only together with bandwidth", "--disk", "a,bandwidth-burst=5M")]
    [InlineData("--disk: queue-size: 100 is not a power of two", "--disk", "a,queue-size=100")]
    [InlineData("--disk: key 'path' is given twice", "--disk", "a,path=b")]
    [InlineData("--disk: readonly=yes is neither readonly=on nor readonly=off", "--disk", "a,readonly=yes")]
    [InlineData("--disk: 'readonly' is not of the form key=value", "--disk", "a,readonly")]
    [InlineData("--disk: key 'id' has no value", "--disk", "a,id=")]
    [InlineData("--disk: '=x' has no key before '='", "--disk", "a,=x")]
    [InlineData("--disk: has nothing before or after a comma", "--disk", "a,")]
    [InlineData("--disk: lacks path=FILE", "--disk", "readonly=on")]
    [InlineData("--disk: needs a value", "--disk", "")]
    [InlineData("--disk: './a' is given twice", "--disk", "a", "--disk", "./a")]
    [InlineData("--disk: id: 'x' is the id of another disk", "--disk", "a,id=x", "--disk", "b,id=x")]
    [InlineData("--module: needs a file before '='", "--module", "=x")]
    [InlineData("--cpus: 65 is out of range: 1 to 64", "--cpus", "65")]
    [InlineData("--cpus: sockets: 0 is out of range", "--cpus", "4,sockets=0")]
    [InlineData("--cpus: 3 sockets = 3 does not give 4 processors", "--cpus", "4,sockets=3")]
    [InlineData("--cpus: count: 'four' is not a whole number", "--cpus", "four")]
    [InlineData("--cpus: count: '4294967297' is not a whole number", "--cpus", "4294967297")]
    [InlineData("--memory: '17592186044416' is more than 64 bits", "--memory", "17592186044416")]
    [InlineData("--memory: 1M is too little", "--memory", "1M")]
    [InlineData("--boot-protocol: 'linux' is none of auto, bzimage, elf, pvh, multiboot, flat", "--boot-protocol", "linux")]
    [InlineData("--console: 'pty' is none of tty, off, file=PATH", "--console", "pty")]
    [InlineData("--console: file= needs a path", "--console", "file=")]
    [InlineData("--virtio-console: there is one terminal", "--console", "tty", "--virtio-console", "tty")]
    [InlineData("--rng: 'yes' is neither on nor off", "--rng", "yes")]
    [InlineData("--name: '../x' is not a name", "--name", "../x")]
    [InlineData("--initrd: has a meaning only together with a kernel", "--initrd", "x")]
    [Trait("Row", "87")]
    public void Wrong_option_is_a_usage_error_that_names_it(string expected, params string[] arguments)
    {
        VmmException wrong = CommandLineRun.Refused(["run", .. arguments]);
        Assert.StartsWith(expected, wrong.Message, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Usage, wrong.ExitCode);
        Assert.Equal("Try 'vmm run --help'.", Assert.IsType<UsageException>(wrong).Hint);
    }

    [Fact]
    public void Error_in_a_file_names_its_line_and_one_in_an_option_the_option()
    {
        string file = Write("{\n  \"cpus\": { \"count\": 65 },\n  \"name\": \"x\" }");
        Assert.Equal($"{file}:2: cpus.count: 65 is out of range: 1 to 64", CommandLineRun.Refused("run", file).Message);
        Assert.StartsWith("--cpus: 66 ", CommandLineRun.Refused("run", file, "--cpus", "66").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_machine_file_is_a_usage_error_naming_it()
    {
        VmmException wrong = CommandLineRun.Refused("run", Path.Combine(_folder, "none.json"));
        Assert.Contains("none.json", wrong.Message, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Usage, wrong.ExitCode);
    }

    [Fact]
    public void Off_beside_a_limit_is_told_to_stand_alone()
    {
        VmmException wrong = CommandLineRun.Refused("limit", "web", "disk0", "off", "ops=1/s");
        Assert.Equal("off stands alone: it lifts every limit; leave it out, or the others", wrong.Message);
        Assert.Equal(ExitCodes.Usage, wrong.ExitCode);
    }
}
