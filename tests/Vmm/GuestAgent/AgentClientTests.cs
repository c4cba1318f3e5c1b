using System.Text.Json;
using Vmm.Cli.Agent;
using Vmm.GuestAgent;
using Vmm.Host;
using Xunit;

namespace Vmm.Tests.Vmm.GuestAgent;

/// <summary>The guest agent's protocol, with agents that keep to it and agents that do not.</summary>
public sealed class AgentClientTests
{
    private static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(200);

    private static byte[]? Good(string request) => FakeAgent.Sync(request) ?? FakeAgent.Line("""{"return": {}}""");

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(1)]
    [InlineData(7)]
    public void Command_is_answered_after_the_handshake_however_the_answer_is_cut(int piece)
    {
        using FakeAgent agent = new(Good, piece);
        agent.Client.Sync();
        Assert.Equal(JsonValueKind.Object, agent.Client.Execute("guest-ping").ValueKind);
        Assert.Equal(["""{"execute":"guest-ping"}"""], agent.Requests);
    }

    [Fact]
    public void Commands_that_the_agent_lists_are_known()
    {
        using JsonDocument answer = JsonDocument.Parse("""{"version":"7.2","supported_commands":[{"enabled":true,"name":"guest-ping","success-response":true}]}""");
        AgentMessages.Info info = AgentClient.Read(answer.RootElement, AgentJson.Default.Info, "guest-info");
        Assert.Equal("guest-ping", Assert.Single(info.SupportedCommands!).Name);
    }

    [Fact]
    public void Junk_and_answers_to_others_before_the_handshake_s_are_thrown_away()
    {
        byte[] junk = [.. FakeAgent.Line("""{"error": {"class": "GenericError", "desc": "JSON parse error"}}"""), 0, 1, 2, .. "half an ans"u8, 0xff, 0xff, .. FakeAgent.Line("""{"return": 1}"""), .. new byte[100_000]];
        using FakeAgent agent = new(request => FakeAgent.Sync(request) is { } sync ? [.. junk, .. sync] : FakeAgent.Line("""{"return": 7}"""));
        agent.Client.Sync();
        Assert.Equal(7, agent.Client.Execute("guest-ping").GetInt32());
    }

    [Fact]
    public void Handshake_begins_with_the_sentinel()
    {
        string? first = null;
        using FakeAgent agent = new(request => Good(first ??= request));
        agent.Client.Sync();
        Assert.StartsWith("ÿ{\"execute\":\"guest-sync-delimited\",\"arguments\":{\"id\":", first, StringComparison.Ordinal);
    }

    [Fact]
    public void Conversation_that_is_given_up_waits_for_no_answer()
    {
        using FakeAgent agent = new(request => FakeAgent.Sync(request) ?? []);
        agent.Client.Sync();
        using CancellationTokenSource givenUp = new(TimeSpan.FromMilliseconds(50));
        using CancellationTokenRegistration ending = givenUp.Token.Register(agent.Client.HangUp);
        Assert.Contains("the connection ended before the guest agent answered guest-fsfreeze-freeze", Assert.Throws<AgentSilentException>(() => agent.Client.Execute("guest-fsfreeze-freeze")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Silence_is_told_with_how_long_it_was_waited()
    {
        using FakeAgent agent = new(_ => [], patience: s_short);
        Assert.Contains("0.2 s", Assert.Throws<AgentSilentException>(agent.Client.Sync).Message, StringComparison.Ordinal);
        Assert.Throws<AgentSilentException>(() => agent.Client.Execute("guest-ping"));
    }

    [Fact]
    public void Connection_that_ends_is_told_as_such()
    {
        using FakeAgent agent = new(_ => null);
        Assert.Contains("ended", Assert.Throws<AgentSilentException>(agent.Client.Sync).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refusal_is_told_in_the_guest_s_words_without_what_steers_a_terminal()
    {
        using FakeAgent agent = new(request => FakeAgent.Sync(request) ?? FakeAgent.Line("""{"error": {"class": "GenericError", "desc": "no\u001b[2J way\u009b"}}"""));
        agent.Client.Sync();
        VmmException refused = Assert.Throws<VmmException>(() => agent.Client.Execute("guest-suspend-ram"));
        Assert.Equal(@"the guest agent refused guest-suspend-ram: no\x1b[2J way\x9b", refused.Message);
    }

    [Fact]
    public void Command_that_the_agent_does_not_know_is_told_as_such()
    {
        using FakeAgent agent = new(request => FakeAgent.Sync(request) ?? FakeAgent.Line("""{"error": {"class": "CommandNotFound", "desc": "The command x has not been found"}}"""));
        agent.Client.Sync();
        Assert.Contains("does not do x", Assert.Throws<VmmException>(() => agent.Client.Execute("x")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("nonsense")]
    [InlineData("{\"return\": null}")]
    [InlineData("{\"error\": 5}")]
    [InlineData("{\"return\": {}} trailing")]
    public void Answer_that_is_none_of_the_protocol_is_refused(string line)
    {
        using FakeAgent agent = new(request => FakeAgent.Sync(request) ?? FakeAgent.Line(line));
        agent.Client.Sync();
        Assert.Contains("not of its protocol", Assert.Throws<VmmException>(() => agent.Client.Execute("guest-ping")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Answer_nested_too_deep_is_refused()
    {
        string deep = new string('[', 10_000) + new string(']', 10_000);
        using FakeAgent agent = new(request => FakeAgent.Sync(request) ?? FakeAgent.Line($$"""{"return": {{deep}}}"""));
        agent.Client.Sync();
        Assert.Throws<VmmException>(() => agent.Client.Execute("guest-info"));
    }

    [Fact]
    public void Answer_without_end_is_given_up_at_its_bound()
    {
        using FakeAgent agent = new(request => FakeAgent.Sync(request) ?? new byte[AgentClient.LongestAnswer * 2]);
        agent.Client.Sync();
        Assert.Throws<AgentSilentException>(() => agent.Client.Execute("guest-info"));
    }

    [Fact]
    public void Program_s_output_and_exit_code_come_when_it_has_ended()
    {
        int looks = 0;
        using FakeAgent agent = new(request => FakeAgent.Sync(request) ?? FakeAgent.Line(
            request.Contains("guest-exec-status", StringComparison.Ordinal) && ++looks < 3 ? """{"return": {"exited": false}}""" :
            request.Contains("guest-exec-status", StringComparison.Ordinal) ? """{"return": {"exited": true, "exitcode": 7, "new-in-a-later-version": [1]}}""" : """{"return": {"pid": 42}}"""));
        agent.Client.Sync();
        Assert.Equal(7, AgentExec.Run(agent.Client, ["ls", "-l", "a b\""], TimeSpan.FromSeconds(60)));
        Assert.Equal("""{"execute":"guest-exec","arguments":{"path":"ls","arg":["-l","a b\u0022"],"capture-output":true}}""", agent.Requests[0]);
        Assert.Equal("""{"execute":"guest-exec-status","arguments":{"pid":42}}""", agent.Requests[^1]);
        Assert.Equal(4, agent.Requests.Count);
    }

    [Theory]
    [InlineData("{\"exited\": true, \"signal\": 9}", 137)]
    [InlineData("{\"exited\": true}", 0)]
    [InlineData("{\"exited\": true, \"exitcode\": -1}", 255)]
    [InlineData("{\"exited\": true, \"exitcode\": 2147483647}", 255)]
    public void Whatever_exit_code_a_guest_tells_is_one(string status, int code)
    {
        using FakeAgent agent = new(request => FakeAgent.Sync(request) ?? FakeAgent.Line(
            request.Contains("guest-exec-status", StringComparison.Ordinal) ? $$"""{"return": {{status}}}""" : """{"return": {"pid": 42}}"""));
        agent.Client.Sync();
        Assert.Equal(code, AgentExec.Run(agent.Client, ["x"], TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public void Program_that_takes_too_long_is_left_with_its_number()
    {
        using FakeAgent agent = new(request => FakeAgent.Sync(request) ?? FakeAgent.Line(
            request.Contains("guest-exec-status", StringComparison.Ordinal) ? """{"return": {"exited": false}}""" : """{"return": {"pid": 42}}"""));
        agent.Client.Sync();
        Assert.Contains("process 42", Assert.Throws<VmmException>(() => AgentExec.Run(agent.Client, ["sleep"], s_short)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"return\": {\"pid\": \"x\"}}")]
    [InlineData("{\"return\": {\"exited\": true, \"out-data\": \"not base64!\"}}")]
    [InlineData("{\"return\": []}")]
    public void Program_s_state_that_makes_no_sense_is_refused(string line)
    {
        using FakeAgent agent = new(request => FakeAgent.Sync(request) ?? FakeAgent.Line(
            request.Contains("guest-exec-status", StringComparison.Ordinal) || line.Contains("pid", StringComparison.Ordinal) ? line : """{"return": {"pid": 42}}"""));
        agent.Client.Sync();
        Assert.Contains("not of its protocol", Assert.Throws<VmmException>(() => AgentExec.Run(agent.Client, ["x"], TimeSpan.FromSeconds(60))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Shutdown_that_works_is_known_by_the_handshake_after_it_and_one_that_fails_by_its_error()
    {
        using (FakeAgent agent = new(request => FakeAgent.SyncId(request) is string id && request.Contains("delimited", StringComparison.Ordinal) ? FakeAgent.Sync(request)
            : request.Contains("guest-sync", StringComparison.Ordinal) ? FakeAgent.Line("""{"return": 1}""") : []))
        {
            agent.Client.Sync();
            AgentVerbs.ShutDown(agent.Client, "reboot");
            Assert.Equal(["""{"execute":"guest-shutdown","arguments":{"mode":"reboot"}}"""], agent.Requests);
        }
        using FakeAgent refusing = new(request => FakeAgent.Sync(request) ?? FakeAgent.Line("""{"error": {"class": "GenericError", "desc": "no"}}"""));
        refusing.Client.Sync();
        Assert.Contains("refused", Assert.Throws<VmmException>(() => AgentVerbs.ShutDown(refusing.Client, "halt")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Guest_s_output_cannot_steer_a_terminal()
    {
        Assert.Equal("a\tb\nc\\x1b[2J\\x9b\\x00\\x0dd\ne", GuestText.Clean("a\tb\r\nc\u001b[2J\u009b\0\rd\ne"));
    }
}
