using System.Net.Sockets;
using System.Text;
using Vmm.Api;
using Vmm.Control;
using Xunit;

namespace Vmm.Tests.Vmm.Api;

/// <summary>What a client can throw at the server itself: sizes, framing, slowness, numbers.</summary>
public sealed class ApiHostileTests
{
    /// <summary>Above the second at which Kestrel looks.</summary>
    private static readonly TimeSpan s_shortPatience = TimeSpan.FromSeconds(1.5);

    private const string Ping = "GET /api/v1/vmm.ping HTTP/1.1\r\nHost: x\r\n\r\n";
    private const string Create = "PUT /api/v1/vm.create HTTP/1.1\r\nHost: x\r\n";

    [Theory, Trait("Row", "84")]
    [InlineData("Content-Length: -1")]
    [InlineData("Content-Length: 99999999999999999999999")]
    [InlineData("Content-Length: 0x10")]
    [InlineData("Content-Length: 2\r\nContent-Length: 3")]
    [InlineData("Transfer-Encoding: gzip")]
    [InlineData("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked, gzip")]
    [InlineData("no colon here")]
    [InlineData(" Folded: header")]
    public void Headers_that_say_nothing_sensible_are_refused(string headers)
    {
        using ApiRig rig = new();
        string answer = rig.Exchange($"{Create}{headers}\r\n\r\n{{}}");
        Assert.StartsWith("HTTP/1.1 4", answer, StringComparison.Ordinal);
        AssertAlive(rig);
    }

    [Theory, Trait("Row", "84")]
    [InlineData("Content-Length: 1048577\r\n\r\n")]
    [InlineData("Content-Length: 9223372036854775807\r\n\r\n")]
    public void Body_that_would_be_too_large_is_refused_before_it_comes(string headers)
    {
        using ApiRig rig = new();
        Assert.StartsWith("HTTP/1.1 413", rig.Exchange(Create + headers), StringComparison.Ordinal);
        AssertAlive(rig);
    }

    [Fact, Trait("Row", "84")]
    public void Chunks_without_end_are_cut_off_at_the_limit()
    {
        using ApiRig rig = new();
        StringBuilder body = new();
        string chunk = $"10000\r\n{new string(' ', 0x10000)}\r\n";
        for (int i = 0; i < ApiServer.LargestBody / 0x10000 + 1; i++)
            body.Append(chunk);
        Assert.StartsWith("HTTP/1.1 413", rig.Exchange($"{Create}Transfer-Encoding: chunked\r\n\r\n{body}"), StringComparison.Ordinal);
        AssertAlive(rig);
    }

    [Theory, Trait("Row", "84")]
    [InlineData("ffffffffffffffffff\r\n")]
    [InlineData("-1\r\n")]
    [InlineData("zz\r\n")]
    [InlineData("2\r\n{}}}}}}}\r\n0\r\n\r\n")]
    [InlineData("\r\n\r\n")]
    public void Chunks_that_are_none_are_refused(string body)
    {
        using ApiRig rig = new();
        Assert.StartsWith("HTTP/1.1 400", rig.Exchange($"{Create}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n{body}"), StringComparison.Ordinal);
        AssertAlive(rig);
    }

    [Theory, Trait("Row", "84")]
    [InlineData("GET /api/v1/vmm.ping HTTP/9.9\r\nHost: x\r\n\r\n")]
    [InlineData("GET  HTTP/1.1\r\n\r\n")]
    [InlineData("\0\0\0\0\r\n\r\n")]
    [InlineData("GET /api/v1/vmm.ping HTTP/1.1\r\n\r\n")] // no Host
    [InlineData("GET /api/v1/vmm.ping%00 HTTP/1.1\r\nHost: x\r\n\r\n")]
    public void Request_lines_that_are_none_are_refused(string request)
    {
        using ApiRig rig = new();
        string answer = rig.Exchange(request);
        Assert.Matches("^HTTP/1.1 (4|505)", answer);
        AssertAlive(rig);
    }

    [Fact, Trait("Row", "84")]
    public void Http_2_is_sent_away()
    {
        using ApiRig rig = new();
        // A GOAWAY frame (RFC 9113, 6.8), in the client's own language.
        Assert.Equal("\0\0\b\a", rig.Exchange("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")[..4]);
        AssertAlive(rig);
    }

    [Theory, Trait("Row", "84")]
    [InlineData(3000, 0, "HTTP/1.1 414")]
    [InlineData(0, 9000, "HTTP/1.1 431")]
    public void Long_lines_and_headers_are_refused(int line, int header, string expected)
    {
        using ApiRig rig = new();
        string request = $"GET /{new string('a', line)} HTTP/1.1\r\nHost: x\r\nX: {new string('b', header)}\r\n\r\n";
        Assert.StartsWith(expected, rig.Exchange(request), StringComparison.Ordinal);
    }

    [Fact, Trait("Row", "84")]
    public void Pipelined_requests_are_answered_in_order()
    {
        using ApiRig rig = new();
        string answers = rig.Exchange(Ping + "GET /api/v1/vm.info HTTP/1.1\r\nHost: x\r\n\r\n" + Ping.Replace("Host: x", "Host: x\r\nConnection: close", StringComparison.Ordinal));
        string[] statuses = [.. answers.Split("HTTP/1.1 ", StringSplitOptions.RemoveEmptyEntries).Select(answer => answer[..3])];
        Assert.Equal(["200", "404", "200"], statuses);
    }

    [Theory, Trait("Row", "84")]
    [InlineData("GET /api/v1/vmm.ping HTTP/1.1\r\nHo")]
    [InlineData(Create + "Content-Length: 100\r\n\r\n{")]
    public void Client_that_does_not_go_on_is_let_go(string beginning)
    {
        using ApiRig rig = new(s_shortPatience);
        string answer = rig.Exchange(beginning);
        Assert.True(answer.Length == 0 || answer.StartsWith("HTTP/1.1 408", StringComparison.Ordinal), answer);
        Assert.Equal(VmState.None, rig.Control.State);
        AssertAlive(rig);
    }

    [Fact, Trait("Row", "84")]
    public void More_connections_than_allowed_are_closed_and_the_others_go_on()
    {
        using ApiRig rig = new();
        List<NetworkStream> held = [];
        try
        {
            byte[] some = new byte[512];
            for (int i = 0; i < ApiServer.MostConnections; i++)
            {
                held.Add(rig.Connect());
                held[i].Write(Encoding.ASCII.GetBytes(Ping));
                Assert.True(held[i].Read(some) > 0);
            }
            Assert.Empty(rig.Exchange(Ping));
            held[0].Write(Encoding.ASCII.GetBytes(Ping));
            Assert.True(held[0].Read(some) > 0);
        }
        finally
        {
            held.ForEach(stream => stream.Dispose());
        }
    }

    [Fact, Trait("Row", "84")]
    public void Client_that_goes_away_in_the_middle_of_a_body_changes_nothing()
    {
        using ApiRig rig = new();
        using (NetworkStream stream = rig.Connect())
            stream.Write(Encoding.ASCII.GetBytes(Create + "Content-Length: 100\r\n\r\n{\"payload\""));
        AssertAlive(rig);
        Assert.Equal(VmState.None, rig.Control.State);
    }

    private static void AssertAlive(ApiRig rig) =>
        Assert.Contains("200 OK", rig.Exchange(Ping.Replace("Host: x", "Host: x\r\nConnection: close", StringComparison.Ordinal)), StringComparison.Ordinal);
}
