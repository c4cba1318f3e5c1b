using System.Text;
using System.Text.Json;
using Vmm.Api;
using Vmm.Control;
using Vmm.Host;
using Vmm.Machine.Config;
using Vmm.Ports;
using Vmm.Tests.Vmm.Cli;
using Xunit;

namespace Vmm.Tests.Vmm.Config;

public sealed class PortConfigTests
{
    [Fact]
    public void Ports_are_described_by_name_and_socket()
    {
        MachineConfig machine = Read(CommandLineRun.DryRun("--port", "name=one,socket=/run/one.sock", "--port", "two"));
        Assert.Equal([new PortConfig { Name = "one", Socket = "/run/one.sock" }, new PortConfig { Name = "two" }], machine.Port);
    }

    [Fact]
    public void Agent_is_short_for_the_agent_s_port_and_is_given_once()
    {
        Assert.Equal([new PortConfig { Name = "org.qemu.guest_agent.0" }], Read(CommandLineRun.DryRun("--agent")).Port);
        Assert.Equal([new PortConfig { Name = "org.qemu.guest_agent.0", Socket = "/a" }], Read(CommandLineRun.DryRun("--agent", "--port", "org.qemu.guest_agent.0,socket=/a")).Port);
    }

    [Theory, Trait("Row", "86"), Trait("Row", "87")]
    [InlineData("--port: name: '../x' is not a name", "../x")]
    [InlineData("--port: name: '/dev/null' is not a name", "/dev/null")]
    [InlineData("--port: lacks name=NAME", "socket=/a")]
    [InlineData("--port: unknown key 'sockets'; did you mean 'socket'?", "x,sockets=/a")]
    [InlineData("--port: socket: '/proc/self/mem' is an interface of the host's kernel", "x,socket=/proc/self/mem")]
    [InlineData("--port: name: 'x' is the name of another port", "x", "x")]
    [InlineData("--port: socket: '/b/../a' is the socket of another port", "x,socket=/a", "y,socket=/b/../a")]
    public void Wrong_port_is_refused_by_field_and_value(string message, params string[] ports)
    {
        VmmException refused = CommandLineRun.Refused(["run", .. ports.SelectMany(port => (string[])["--port", port])]);
        Assert.StartsWith(message, refused.Message, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Usage, refused.ExitCode);
    }

    [Fact]
    public void Sixteenth_port_is_one_too_many()
    {
        string[] ports = [.. Enumerable.Range(0, 16).SelectMany(i => (string[])["--port", $"p{i}"])];
        Assert.Contains("at most 15", CommandLineRun.Refused(["run", .. ports]).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Socket_without_a_path_needs_a_folder()
    {
        Assert.Equal("/vms/web/port-x.sock", HostPorts.PathOf(new PortConfig { Name = "x" }, "/vms/web"));
        Assert.Contains("needs socket=PATH", Assert.Throws<VmmException>(() => HostPorts.PathOf(new PortConfig { Name = "x" }, null)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_of_the_API_takes_ports_and_info_shows_them()
    {
        MachineConfig machine = VmConfigReader.Read("""{"payload":{"firmware":"hello"},"ports":[{"name":"one","socket":"/run/one.sock"}]}"""u8.ToArray());
        Assert.Equal([new PortConfig { Name = "one", Socket = "/run/one.sock" }], machine.Port);
        using MemoryStream info = new();
        using (Utf8JsonWriter json = new(info))
            VmInfoWriter.Write(json, machine, VmState.Created);
        Assert.Contains("""
            "ports":[{"name":"one","socket":"/run/one.sock"}]
            """, Encoding.UTF8.GetString(info.ToArray()), StringComparison.Ordinal);
    }

    [Theory, Trait("Row", "84")]
    [InlineData("""[{"name":"one"}]""", "ports[0].socket")]
    [InlineData("""[{"socket":"/a"}]""", "ports[0].name")]
    [InlineData("""[{"name":"a b","socket":"/a"}]""", "ports[0].name")]
    [InlineData("""[{"name":"a","socket":"/a","x":1}]""", "ports[0].x")]
    [InlineData("7", "ports")]
    public void Wrong_port_of_the_API_is_refused_by_field(string ports, string field) =>
        Assert.StartsWith(field, Assert.Throws<ApiException>(() => VmConfigReader.Read(Encoding.UTF8.GetBytes("{\"payload\":{\"firmware\":\"hello\"},\"ports\":" + ports + "}"))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("agent", "is 'vmm agent VM COMMAND'")]
    [InlineData("agent web", "is 'vmm agent VM COMMAND'")]
    [InlineData("agent ping", "needs the VM before it")]
    [InlineData("agent web nonsense", "unknown command 'nonsense'")]
    [InlineData("agent web ping --timeout x", "--timeout: 'x' is not a number of seconds")]
    [InlineData("agent web ping --nonsense", "unknown option '--nonsense'")]
    public void Agent_s_command_line_is_checked(string line, string message) =>
        Assert.Contains(message, CommandLineRun.Refused(line.Split(' ')).Message, StringComparison.Ordinal);

    private static MachineConfig Read(string json)
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, json);
            return MachineConfigFile.Read(file).Config;
        }
        finally
        {
            File.Delete(file);
        }
    }
}
