using Vmm.Cli;
using Vmm.Gdb;
using Xunit;

namespace Vmm.Tests.Vmm.Gdb;

public class GdbAddressTests
{
    [Theory]
    [InlineData("tcp:127.0.0.1:1234", "tcp:127.0.0.1:1234")]
    [InlineData("tcp::0", "tcp:127.0.0.1:0")]
    [InlineData("tcp:localhost:65535", "tcp:127.0.0.1:65535")]
    [InlineData("tcp:[::1]:1234", "tcp:[::1]:1234")]
    [InlineData("unix:/tmp/a:b", "unix:/tmp/a:b")]
    public void Address_is_read_and_written_in_full(string text, string full)
    {
        Assert.Equal(full, GdbAddress.Parse(text).ToString());
        Assert.Equal(full, GdbAddress.Parse(full).ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("1234")]
    [InlineData("tcp:1234")]
    [InlineData("tcp:127.0.0.1:")]
    [InlineData("tcp:127.0.0.1:65536")]
    [InlineData("tcp:127.0.0.1:-1")]
    [InlineData("tcp:example.org:1234")]
    [InlineData("unix:")]
    [InlineData("unix:/proc/1/x")]
    [InlineData("stdio")]
    public void Anything_else_is_refused(string text) => Assert.Throws<FormatException>(() => GdbAddress.Parse(text));

    [Theory]
    [InlineData("tcp:127.0.0.1:1234", "(gdb) target remote 127.0.0.1:1234")]
    [InlineData("unix:/tmp/a", "(gdb) target remote /tmp/a")]
    public void User_is_told_what_to_type(string place, string command) => Assert.EndsWith(command, Awaiting.Debugger(place));
}
