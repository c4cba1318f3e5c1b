using Vmm.Machine.Config;
using Vmm.Network.Passt;
using Xunit;

namespace Vmm.Tests.Vmm.Network;

public sealed class PasstArgumentsTests
{
    private static string Line(NetConfig net) => string.Join(' ', PasstArguments.Of(net));

    [Fact]
    public void Nothing_is_forwarded_that_was_not_asked_for() =>
        Assert.Equal("passt --foreground --quiet --fd 3 --pid /proc/self/fd/4 --tcp-ports none --udp-ports none", Line(new() { Passt = true }));

    [Fact]
    public void Ports_and_mtu_are_handed_on()
    {
        NetConfig net = new()
        {
            Passt = true,
            Mtu = 9000,
            Forward = [PortForward.Parse("8080:80"), PortForward.Parse("127.0.0.1/2222:22"), PortForward.Parse("::1/53:53/udp")],
        };
        Assert.EndsWith("--mtu 9000 --tcp-ports 8080:80 --tcp-ports 127.0.0.1/2222:22 --udp-ports ::1/53:53", Line(net), StringComparison.Ordinal);
    }
}
