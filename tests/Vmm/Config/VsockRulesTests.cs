using Vmm.Cli;
using Vmm.Machine.Config;
using Xunit;

namespace Vmm.Tests.Vmm.Config;

public sealed class VsockRulesTests
{
    [Fact]
    public void Option_is_read()
    {
        VsockConfig vsock = VsockRules.Resolve(VsockOption.Parse("cid=3,socket=/tmp/v"))!;
        Assert.Equal((3L, "/tmp/v", "vsock0"), (vsock.Cid, vsock.Socket, vsock.Id));
        Assert.Equal("web", VsockOption.Parse("4294967294,socket=v,id=web").Id);
    }

    [Theory]
    [InlineData("socket=/v", "lacks cid=N")]
    [InlineData("cid=3", "lacks socket=PATH")]
    [InlineData("cid=x,socket=/v", "not a whole number")]
    [InlineData("cid=99999999999999999999,socket=/v", "is not a whole number from 3 to 4294967294")]
    [InlineData("cid=3,sokcet=/v", "sokcet")]
    public void Mistake_in_the_option_is_named(string value, string part) =>
        Assert.Contains(part, Assert.Throws<FormatException>(() => VsockOption.Parse(value)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(uint.MaxValue)]
    [InlineData(long.MaxValue)]
    [InlineData(-1)]
    public void Address_that_is_no_guest_s_is_refused(long cid) => Assert.Equal("vsock.cid", Fault(new VsockConfig { Cid = cid, Socket = "/v" }));

    [Theory]
    [InlineData("")]
    [InlineData("/tmp/")]
    [InlineData("/proc/self/mem")]
    [InlineData("a\0b")]
    public void Path_that_is_none_is_refused(string path) => Assert.Equal("vsock.socket", Fault(new VsockConfig { Cid = 3, Socket = path }));

    [Fact]
    public void Path_leaves_room_for_a_port_s_number()
    {
        string folder = "/" + new string('f', 30) + "/";
        Assert.NotNull(VsockRules.Resolve(new VsockConfig { Cid = 3, Socket = folder + new string('v', 64) }));
        Assert.Equal("vsock.socket", Fault(new VsockConfig { Cid = 3, Socket = folder + new string('v', 65) }));
        Assert.Equal("vsock.socket", Fault(new VsockConfig { Cid = 3, Socket = folder + new string('ü', 33) }));
        Assert.Equal("vsock.socket", Fault(new VsockConfig { Cid = 3, Socket = folder + folder + folder + "v" }));
    }

    [Fact]
    public void Description_means_the_same_from_every_folder_and_is_read_again()
    {
        MachineConfig config = AbsolutePaths.Of(new MachineConfig { Vsock = new VsockConfig { Cid = 3, Socket = "v" } });
        Assert.Equal(Path.GetFullPath("v"), config.Vsock!.Socket);
        Assert.Equal(config.Vsock, MachineConfigFile.FromText("m", MachineConfigFile.Write(config)).Config.Vsock);
    }

    private static string Fault(VsockConfig vsock) => Assert.Throws<MachineConfigException>(() => VsockRules.Resolve(vsock)).Field;
}
