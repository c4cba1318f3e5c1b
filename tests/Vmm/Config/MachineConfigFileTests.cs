using Vmm.Host;
using Vmm.Machine.Config;
using Xunit;

namespace Vmm.Tests.Vmm.Config;

public sealed class MachineConfigFileTests
{
    [Theory]
    [InlineData("""{ "nam": "x" }""", "m.json:1: nam: unknown field; did you mean 'name'?")]
    [InlineData("{\n \"memory\": { \"sise\": 3 } }", "m.json:2: memory.sise: unknown field; did you mean 'size'?")]
    [InlineData("""{ "sockets": 3 }""", "m.json:1: sockets: unknown field")]
    [InlineData("{\n\n\"rng\": \"on\" }", "m.json:3: rng: expected true or false")]
    [InlineData("""{ "rng": true, "rng": false }""", "m.json:1: rng: is given twice")]
    [InlineData("""{ "cpus": { "count": "4" } }""", "m.json:1: cpus.count: expected a whole number")]
    [InlineData("""{ "cpus": { "count": 99999999999 } }""", "m.json:1: cpus.count: expected a whole number")]
    [InlineData("""{ "cpus": 4 }""", "m.json:1: cpus: expected an object: { … }")]
    [InlineData("""{ "disk": { "path": "a" } }""", "m.json:1: disk: expected a list: [ … ]")]
    [InlineData("""{ "disk": [ "a" ] }""", "m.json:1: disk[0]: expected an object: { … }")]
    [InlineData("{ \"disk\": [ { \"path\": \"a\" },\n { \"readonly\": true } ] }", "m.json:2: disk[1]: lacks 'path'")]
    [InlineData("{ \"disk\": [ { \"path\": \"a\" },\n null ] }", "m.json:2: disk[1]: null is not possible here")]
    [InlineData("""{ "name": null }""", "m.json:1: name: null is not possible here; leave the field out")]
    [InlineData("""{ "name": 3 }""", "m.json:1: name: expected a string in quotes")]
    [InlineData("""{ "transport": "usb" }""", "m.json:1: transport: 'usb' is none of pci, mmio")]
    [InlineData("""{ "console": 3 }""", "m.json:1: console: expected \"tty\", \"off\" or \"file=PATH\"")]
    [InlineData("""{ "console": "pty" }""", "m.json:1: console: 'pty' is none of tty, off, file=PATH")]
    [InlineData("""{ "memory": { "size": "1Q" } }""", "m.json:1: memory.size: '1Q' has the unknown unit 'Q'")]
    [InlineData("""{ "memory": { "size": 1e3 } }""", "m.json:1: memory.size: '1e3' has the unknown unit 'e3'")]
    [InlineData("""{ "memory": { "size": 99999999999999 } }""", "m.json:1: memory.size: '99999999999999' is more than 64 bits")]
    [InlineData("""{ "cpu": "host,avx" }""", "m.json:1: cpu: 'avx' is neither")]
    [InlineData("{\n", "m.json:2: not JSON here: it ends before everything in it is closed")]
    [InlineData("{ \"name\": \"we", "m.json:1: name: not JSON here: it ends before everything in it is closed")]
    [InlineData("{ \"name\":", "m.json:1: name: not JSON here: it ends before everything in it is closed")]
    [InlineData("", "m.json:1: not JSON here: it is empty")]
    [InlineData("  \n", "m.json:2: not JSON here: it is empty")]
    [InlineData("[]", "m.json:1: expected an object: { … }")]
    [InlineData("null", "m.json: null is not a machine's description")]
    [InlineData("{} x", "m.json:1: not JSON here: ")]
    [Trait("Row", "87")]
    public void Wrong_file_is_refused_naming_file_line_and_field(string json, string expected)
    {
        VmmException wrong = Assert.Throws<VmmException>(() => MachineConfigFile.FromText("m.json", json));
        Assert.StartsWith(expected, wrong.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', wrong.Message);
        Assert.DoesNotContain("isFinalBlock", wrong.Message, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Usage, wrong.ExitCode);
    }

    [Fact]
    public void Deep_nesting_is_refused_at_the_field_where_it_begins()
    {
        string json = "{ \"disk\": [ { \"x\": " + new string('[', 100_000);
        VmmException wrong = Assert.Throws<VmmException>(() => MachineConfigFile.FromText("m.json", json));
        Assert.StartsWith("m.json:1: disk", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Folder_is_refused_as_a_machine_file()
    {
        VmmException wrong = Assert.Throws<VmmException>(() => MachineConfigFile.Read("/tmp"));
        Assert.Contains("'/tmp'", wrong.Message, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Usage, wrong.ExitCode);
    }

    [Fact]
    public void Byte_order_mark_is_passed_over_and_other_than_UTF_8_is_told()
    {
        string path = Path.GetTempFileName();
        File.WriteAllBytes(path, [0xEF, 0xBB, 0xBF, .. "{ \"name\": \"web\" }"u8]);
        Assert.Equal("web", MachineConfigFile.Read(path).Config.Name);
        foreach (byte[] content in (byte[][])[[0xFF, 0xFE, (byte)'{', 0, (byte)'}', 0], [.. "{\n\"name\": \""u8, 0xE4, .. "\" }"u8]])
        {
            File.WriteAllBytes(path, content);
            VmmException wrong = Assert.Throws<VmmException>(() => MachineConfigFile.Read(path));
            Assert.Equal($"{path}:{(content[0] == 0xFF ? 1 : 2)}: not UTF-8 here: save it as UTF-8", wrong.Message);
            Assert.Equal(ExitCodes.Usage, wrong.ExitCode);
        }
        File.Delete(path);
    }

    [Fact]
    public void Endless_file_is_refused_within_bounds()
    {
        VmmException wrong = Assert.Throws<VmmException>(() => MachineConfigFile.Read("/dev/zero"));
        Assert.Contains("larger than 1 MiB", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Comments_and_trailing_commas_are_welcome()
    {
        MachineConfig config = MachineConfigFile.FromText("m.json", "{ // mine\n \"name\": \"web\", }").Config;
        Assert.Equal("web", config.Name);
    }

    [Fact]
    public void What_is_left_out_has_its_default()
    {
        MachineConfig config = MachineConfigFile.FromText("m.json", """{ "memory": { "shared": true } }""").Config;
        Assert.Equal(512UL << 20, config.Memory.Size.Bytes);
        Assert.True(config.Memory.Shared);
        Assert.True(config.Rng);
    }

    [Fact]
    public void Written_machine_is_read_back_the_same()
    {
        MachineConfig config = MachineConfigResolver.Resolve(new()
        {
            Name = "web",
            Kernel = "vmlinuz",
            Initrd = "initrd.img",
            Cmdline = "console=ttyS0 quiet \"a b\" ünïcode",
            Module = [new() { Path = "m1", Args = "a=b,c" }],
            BootProtocol = BootProtocol.Pvh,
            Cpus = new() { Count = 8, Sockets = 2 },
            Cpu = CpuModel.Parse("host,-avx2,+invtsc"),
            Memory = new() { Size = ByteSize.Parse("6G"), Hugepages = true, Shared = true, Prefault = true },
            Disk = [new() { Path = "a.img" }, new() { Path = "b.img", Readonly = true, Direct = true, Id = "data" }],
            VirtioConsole = ConsoleTarget.Parse("file=/tmp/x,y"),
            Transport = VirtioTransport.Mmio,
            Rng = false,
            Reboot = RebootPolicy.Exit,
            Stats = true,
        });

        string once = MachineConfigFile.Write(config);
        string twice = MachineConfigFile.Write(MachineConfigResolver.Resolve(MachineConfigFile.FromText("m.json", once).Config));

        Assert.Equal(once, twice);
        Assert.Contains("\"boot-protocol\": \"pvh\"", once, StringComparison.Ordinal);
        Assert.Contains("\"size\": \"6G\"", once, StringComparison.Ordinal);
        Assert.Contains("\"cpu\": \"host,-avx2,+invtsc\"", once, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("name", 2)]
    [InlineData("cpus.count", 3)]
    [InlineData("cpus.threads", 3)]
    [InlineData("disk[0].path", 5)]
    [InlineData("disk[1].path", 6)]
    [InlineData("disk[1].id", 6)]
    public void Error_found_later_still_names_the_line(string field, int line)
    {
        MachineConfigFile file = MachineConfigFile.FromText("m.json", """
            {
              "name": "x",
              "cpus": { "count": 3 },
              "disk": [
                { "path": "a" },
                { "path": "a" }
              ]
            }
            """);
        Assert.Equal($"m.json:{line}: {field}: is wrong", file.Error(field, "is wrong").Message);
    }
}
