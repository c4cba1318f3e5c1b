using Vmm.Cli;
using Vmm.Machine.Config;
using Xunit;

namespace Vmm.Tests.Vmm.Config;

public sealed class NetConfigTests
{
    private static MachineConfig Machine(params string[] nets)
    {
        MachineConfig machine = new() { Name = "web" };
        foreach (string net in nets)
            NetOption.Add(machine, net);
        return machine;
    }

    private static IReadOnlyList<NetConfig> Resolve(params string[] nets) => MachineConfigResolver.Resolve(Machine(nets)).Net;

    [Fact]
    public void Passt_with_forwards_is_read_as_it_is_meant()
    {
        NetConfig net = Resolve("passt,forward=8080:80,forward=127.0.0.1/5353:53/udp,forward=::1/22:22/tcp,mac=02-00-00-aa-BB-01,mtu=9000,id=lan,link=down")[0];
        Assert.True(net.Passt);
        Assert.Equal([new(null, 8080, 80, PortProtocol.Tcp), new("127.0.0.1", 5353, 53, PortProtocol.Udp), new("::1", 22, 22, PortProtocol.Tcp)], net.Forward);
        Assert.Equal("02:00:00:aa:bb:01", net.Mac.ToString());
        Assert.Equal((9000, "lan", NetLink.Down, 1), (net.Mtu, net.Id, net.Link, net.Queues));
    }

    [Fact]
    public void Tap_and_descriptors_are_read_as_they_are_meant()
    {
        IReadOnlyList<NetConfig> nets = Resolve("tap=vmtap0,queues=4,queue-size=512,vhost=on", "fd=5:6", "fd=7,vhost=off");
        Assert.Equal(("vmtap0", 4, 512, "net0"), (nets[0].Tap, nets[0].Queues, nets[0].QueueSize, nets[0].Id));
        Assert.Equal([5, 6], nets[1].Fd!);
        Assert.Equal((2, 1), (nets[1].Queues, nets[2].Queues));
        Assert.Equal([NetVhost.On, null, NetVhost.Off], nets.Select(net => net.Vhost));
        Assert.Equal(["tap", "fd", "fd"], nets.Select(net => net.Backend));
    }

    [Theory]
    [InlineData("", "needs a value")]
    [InlineData("past", "'past' is none of passt, tap=NAME, fd=N")]
    [InlineData("mac=02:00:00:00:00:01", "needs exactly one of")]
    [InlineData("passt,tap=a", "needs exactly one of")]
    [InlineData("tap=a,fd=5", "needs exactly one of")]
    [InlineData("tap=a,vhost=yes", "'yes' is none of off, on, auto")]
    [InlineData("tap=a,tap=b", "key 'tap' is given twice")]
    [InlineData("passt,forwards=1:1", "did you mean 'forward'?")]
    [InlineData("passt,mac=02:00:00:00:00", "is not a MAC address")]
    [InlineData("passt,mac=02:00:00:00:00:0g", "is not a MAC address")]
    [InlineData("passt,mac=0200:00:00:00:00:01", "is not a MAC address")]
    [InlineData("passt,mac=+2:00:00:00:00:01", "is not a MAC address")]
    [InlineData("passt,forward=80", "is not of the form")]
    [InlineData("passt,forward=0:80", "'0' is not a port: 1 to 65535")]
    [InlineData("passt,forward=80:65536", "'65536' is not a port")]
    [InlineData("passt,forward=-80:80", "'-80' is not a port")]
    [InlineData("passt,forward=80:80:80", "'80:80' is not a port")]
    [InlineData("passt,forward=1/80:80", "'1' is not an address of the host")]
    [InlineData("passt,forward=010.0.0.1/80:80", "is not an address of the host")]
    [InlineData("passt,forward=host/80:80", "'host' is not an address of the host")]
    [InlineData("passt,forward=fe80::1%eth0/80:80", "is not an address of the host")]
    [InlineData("passt,forward=[::1]/80:80", "is not an address of the host")]
    [InlineData("passt,forward=80:80/sctp", "is not an address of the host")]
    [InlineData("passt,mtu=9999999999", "mtu: '9999999999' is not a whole number")]
    [InlineData("passt,link=off", "'off' is none of up, down")]
    [InlineData("fd=x", "fd: 'x' is not the number of a descriptor")]
    [InlineData("fd=5:", "fd: '' is not the number of a descriptor")]
    [Trait("Row", "87")]
    public void What_cannot_be_read_is_refused(string net, string reason) =>
        Assert.Contains(reason, Assert.Throws<FormatException>(() => Machine(net)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("tap=a/b", "net[0].tap", "'a/b' is not an interface's name")]
    [InlineData("tap=..", "net[0].tap", "is not an interface's name")]
    [InlineData("tap=vmtap%d", "net[0].tap", "is not an interface's name")]
    [InlineData("tap=a123456789012345", "net[0].tap", "is not an interface's name")]
    [InlineData("fd=2", "net[0].fd", "2 cannot be a tap")]
    [InlineData("fd=5:5", "net[0].fd", "a descriptor is given twice")]
    [InlineData("tap=a,forward=80:80", "net[0].forward", "has a meaning only with passt")]
    [InlineData("passt,mac=00:00:00:00:00:00", "net[0].mac", "is no address of a device")]
    [InlineData("passt,mac=01:00:5e:00:00:01", "net[0].mac", "is a multicast address")]
    [InlineData("passt,mac=ff:ff:ff:ff:ff:ff", "net[0].mac", "is a multicast address")]
    [InlineData("passt,mtu=67", "net[0].mtu", "67 is out of range: 68 to 65520")]
    [InlineData("tap=a,mtu=65536", "net[0].mtu", "65536 is out of range: 68 to 65535")]
    [InlineData("passt,vhost=on", "net[0].vhost", "'on' has a meaning only with tap=NAME")]
    [InlineData("fd=5,vhost=auto", "net[0].vhost", "'auto' has a meaning only with tap=NAME")]
    [InlineData("tap=a,queues=0", "net[0].queues", "0 is out of range")]
    [InlineData("tap=a,queues=17", "net[0].queues", "17 is out of range")]
    [InlineData("passt,queues=2", "net[0].queues", "are of no use with passt")]
    [InlineData("fd=5:6,queues=3", "net[0].queues", "is not the number of descriptors (2)")]
    [InlineData("tap=a,queue-size=8", "net[0].queue-size", "out of range")]
    [InlineData("tap=a,queue-size=100", "net[0].queue-size", "not a power of two")]
    [InlineData("tap=a,id=a b", "net[0].id", "is not a name")]
    [InlineData("passt,forward=80:80,forward=127.0.0.1/80:81", "net[0].forward[1]", "'127.0.0.1/80:81' wants the host's port that '80:80' has already")]
    [Trait("Row", "87")]
    public void What_cannot_be_is_refused_by_field_and_value(string net, string field, string reason)
    {
        MachineConfigException wrong = Assert.Throws<MachineConfigException>(() => Resolve(net));
        Assert.Equal(field, wrong.Field);
        Assert.Contains(reason, wrong.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tap=a", "tap=a", "net[1].tap")]
    [InlineData("fd=5:6", "fd=7:6", "net[1].fd")]
    [InlineData("passt,id=lan", "tap=a,id=lan", "net[1].id")]
    [InlineData("passt,mac=02:00:00:00:00:01", "tap=a,mac=02:00:00:00:00:01", "net[1].mac")]
    [InlineData("passt,forward=80:80", "passt,forward=80:8080", "net[1].forward[0]")]
    [Trait("Row", "87")]
    public void Two_devices_that_collide_are_refused(string one, string other, string field) =>
        Assert.Equal(field, Assert.Throws<MachineConfigException>(() => Resolve(one, other)).Field);

    [Fact]
    public void Two_ports_of_the_host_that_differ_in_address_or_protocol_do_not_collide() =>
        Assert.Equal(3, Resolve("passt,forward=127.0.0.1/80:80,forward=127.0.0.2/80:80,forward=80:80/udp")[0].Forward.Count);

    [Fact]
    public void Address_depends_on_the_name_and_the_device_and_is_nobody_elses()
    {
        IReadOnlyList<NetConfig> first = Resolve("passt", "tap=a"), again = Resolve("passt", "tap=a");
        IReadOnlyList<NetConfig> other = MachineConfigResolver.Resolve(Machine("passt") with { Name = "db" }).Net;
        Assert.Equal(first.Select(net => net.Mac), again.Select(net => net.Mac));
        Assert.NotEqual(first[0].Mac, first[1].Mac);
        Assert.NotEqual(first[0].Mac, other[0].Mac);
        Assert.All([.. first, .. other], net => Assert.Equal(2ul, net.Mac!.Value.Value >> 40 & 3));
    }

    [Fact]
    public void Machine_without_a_name_gets_another_address_each_time()
    {
        MachineConfig nameless = Machine("passt") with { Name = MachineConfig.NoName };
        Assert.NotEqual(MachineConfigResolver.Resolve(nameless).Net[0].Mac, MachineConfigResolver.Resolve(nameless).Net[0].Mac);
    }

    [Fact]
    public void Addresses_of_many_names_are_all_different()
    {
        HashSet<MacAddress> addresses = [];
        for (int i = 0; i < 100_000; i++)
            Assert.True(addresses.Add(MacAddresses.Make($"vm-{i}", 0)));
    }

    [Fact]
    public void Id_that_is_taken_is_not_given_to_another_device() =>
        Assert.Equal(["net1", "net2"], Resolve("tap=a,id=net1", "tap=b").Select(net => net.Id));

    [Fact]
    public void Description_written_as_json_reads_back_the_same()
    {
        MachineConfig machine = MachineConfigResolver.Resolve(Machine("passt,forward=::1/8080:80,forward=53:53/udp", "tap=a,queues=2,link=down", "fd=5:6"));
        string json = MachineConfigFile.Write(machine);
        Assert.Equal(json, MachineConfigFile.Write(MachineConfigResolver.Resolve(MachineConfigFile.FromText("m.json", json).Config)));
    }
}
