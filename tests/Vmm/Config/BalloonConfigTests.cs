using Vmm.Cli;
using Vmm.Machine.Config;
using Vmm.Tests.Vmm.Cli;
using Xunit;

namespace Vmm.Tests.Vmm.Config;

public sealed class BalloonConfigTests
{
    private static MachineConfig Machine(params string[] arguments) =>
        MachineConfigFile.FromText("dry-run", CommandLineRun.DryRun(arguments)).Config;

    [Fact]
    public void Nobody_has_a_balloon_who_did_not_ask_for_one() => Assert.Null(Machine("--memory", "1G").Balloon);

    [Theory]
    [InlineData("256M", 256UL << 20, false, false, null)]
    [InlineData("0", 0UL, false, false, null)]
    [InlineData("size=64M,deflate-on-oom=on,free-page-reporting=on,stats=5", 64UL << 20, true, true, 5)]
    [InlineData("free-page-reporting=on", 0UL, false, true, null)]
    public void Option_says_size_and_manner(string value, ulong size, bool deflate, bool report, int? stats) =>
        Assert.Equal(new BalloonConfig { Size = new(size), DeflateOnOom = deflate, FreePageReporting = report, Stats = stats }, Machine("--balloon", value).Balloon);

    [Theory]
    [InlineData("512M", "would leave the guest nothing of its 512M")]
    [InlineData("4097B", "is not a multiple of a page (4K)")]
    [InlineData("lots", "'lots' is not a size")]
    [InlineData("0,stats=3601", "stats: 3601 is out of range: 0 to 3600 seconds")]
    [InlineData("0,deflate-on-oom=yes", "deflate-on-oom=yes is neither")]
    [InlineData("0,deflate=on", "unknown key 'deflate'")]
    public void What_cannot_be_is_refused_by_name(string value, string expected)
    {
        UsageException wrong = Assert.Throws<UsageException>(() => Machine("--balloon", value));
        Assert.StartsWith("--balloon: ", wrong.Message, StringComparison.Ordinal);
        Assert.Contains(expected, wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Balloon_takes_one_of_the_places_for_devices()
    {
        MachineConfig machine = new() { Transport = VirtioTransport.Mmio, Balloon = new(), Disk = [.. Enumerable.Range(0, 15).Select(i => new DiskConfig { Path = $"/d{i}" })] };
        MachineConfigException wrong = Assert.Throws<MachineConfigException>(() => MachineConfigResolver.Resolve(machine));
        Assert.Contains("room for 14", wrong.Message, StringComparison.Ordinal);
    }
}
