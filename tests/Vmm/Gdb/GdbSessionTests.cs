using Vmm.Gdb;
using Vmm.Gdb.Breakpoints;
using Vmm.Gdb.Protocol;
using Xunit;

namespace Vmm.Tests.Vmm.Gdb;

public class GdbSessionTests
{
    private readonly FakeTarget _target = new();
    private readonly Debugger _debugger;

    public GdbSessionTests() => _debugger = new Debugger(_target);

    [Fact]
    public void Packets_are_acknowledged_until_the_debugger_wants_it_no_longer()
    {
        Assert.Equal("+$T05thread:1;#" + Sum("T05thread:1;"), _debugger.Send("$?#3f"));
        Assert.Equal("-", _debugger.Send("$?#40"));
        Assert.Equal("+$OK#9a", _debugger.Send(Debugger.Frame("QStartNoAckMode")));
        Assert.Equal("$T05thread:1;#" + Sum("T05thread:1;"), _debugger.Send("+$?#3f"));
        Assert.Equal("", _debugger.Send("$?#40"));
    }

    [Fact]
    public void Session_is_silent_until_a_whole_packet_has_come()
    {
        _debugger.Send("+\x03$?#40");
        Assert.True(_debugger.Session.IsSilent);
        _debugger.Send("$?#3f");
        Assert.False(_debugger.Session.IsSilent);
    }

    [Fact]
    public void Answer_that_did_not_arrive_is_sent_again()
    {
        string answer = _debugger.Send("$?#3f")[1..];
        Assert.Equal(answer, _debugger.Send("-"));
        Assert.Equal(answer, _debugger.Send("-"));
    }

    [Fact]
    public void Features_are_agreed_on_and_the_description_comes_in_parts()
    {
        Assert.Equal("PacketSize=4000;qXfer:features:read+;QStartNoAckMode+;swbreak+;hwbreak+;vContSupported+", _debugger.Ask("qSupported:swbreak+;hwbreak+;xmlRegisters=i386"));
        string xml = "";
        for (string part = "m"; part[0] == 'm'; xml += part[1..])
            part = _debugger.Ask($"qXfer:features:read:target.xml:{xml.Length:x},400");
        Assert.StartsWith("<?xml", xml);
        Assert.EndsWith("</target>\n", xml);
        Assert.Equal("l", _debugger.Ask("qXfer:features:read:target.xml:ffffffffffffffff,ffffffffffffffff"));
        Assert.Equal("E22", _debugger.Ask("qXfer:features:read:other.xml:0,400"));
        Assert.Equal("", _debugger.Ask("qXfer:memory-map:read::0,400"));
    }

    [Theory]
    [InlineData("!")]
    [InlineData("vMustReplyEmpty")]
    [InlineData("qTStatus")]
    [InlineData("QNonStop:1")]
    [InlineData("Z5,1000,1")]
    [InlineData("")]
    public void Unknown_command_is_answered_with_nothing(string command) => Assert.Equal("", _debugger.Ask(command));

    [Fact]
    public void Threads_are_the_vcpus()
    {
        Assert.Equal("m1,2", _debugger.Ask("qfThreadInfo"));
        Assert.Equal("l", _debugger.Ask("qsThreadInfo"));
        Assert.Equal("7643505520" + "31", _debugger.Ask("qThreadExtraInfo,2"));
        Assert.Equal("QC1", _debugger.Ask("qC"));
        Assert.Equal("OK", _debugger.Ask("Hg2"));
        Assert.Equal("QC2", _debugger.Ask("qC"));
        Assert.Equal("OK", _debugger.Ask("T2"));
        Assert.Equal("E22", _debugger.Ask("T3"));
        Assert.Equal("E22", _debugger.Ask("Hg3"));
        Assert.Equal("E22", _debugger.Ask("Hg-2"));
        Assert.Equal("OK", _debugger.Ask("Hc-1"));
        Assert.Equal("OK", _debugger.Ask("Hg0"));
    }

    [Fact]
    public void Registers_are_those_of_the_chosen_vcpu()
    {
        _target.Registers[1][0] = 0xab;
        Assert.StartsWith("00", _debugger.Ask("g"));
        _debugger.Ask("Hg2");
        Assert.StartsWith("ab", _debugger.Ask("g"));
        Assert.Equal("ab00000000000000", _debugger.Ask("p0"));
        Assert.Equal("OK", _debugger.Ask("P10=8877665544332211"));
        Assert.Equal("8877665544332211", _debugger.Ask("p10"));
        Assert.Equal("E22", _debugger.Ask("P10=88"));
        Assert.Equal("E22", _debugger.Ask("P12=01000000"));
        Assert.Equal("E22", _debugger.Ask("pffff"));
        Assert.Equal("E22", _debugger.Ask("G00"));
        Assert.Equal("OK", _debugger.Ask("G" + _debugger.Ask("g")));
    }

    [Fact]
    public void Memory_is_read_as_far_as_there_is_any_and_written_whole_or_not_at_all()
    {
        Assert.Equal("00010203", _debugger.Ask("m1000,4"));
        Assert.Equal("feff", _debugger.Ask("m3ffe,10"));
        Assert.Equal("E14", _debugger.Ask("m4000,1"));
        Assert.Equal("E14", _debugger.Ask("mffffffffffffffff,2"));
        Assert.Equal("E22", _debugger.Ask("m10000000000000000,2"));
        Assert.Equal(2 * 0x2000, _debugger.Ask("m1000,ffffffffffffffff").Length);
        Assert.Equal("OK", _debugger.Ask("M1000,2:aabb"));
        Assert.Equal("OK", _debugger.Ask("X1002,3:}#\0"));
        Assert.Equal("aabb7d2300", _debugger.Ask("m1000,5"));
        Assert.Equal("E14", _debugger.Ask("M3fff,2:aabb"));
        Assert.Equal("ff", _debugger.Ask("m3fff,1"));
        Assert.Equal("E22", _debugger.Ask("M1000,3:aabb"));
        Assert.Equal("E22", _debugger.Ask("X1000,ffffffff:a"));
        Assert.Equal("OK", _debugger.Ask("X1000,0:"));
    }

    [Fact]
    public void Breakpoints_are_set_taken_out_and_refused()
    {
        Assert.Equal("OK", _debugger.Ask("Z0,1000,1"));
        Assert.Equal("OK", _debugger.Ask("Z2,2000,8"));
        Assert.Equal([(BreakpointKind.Software, 0x1000UL, 1UL), (BreakpointKind.Write, 0x2000UL, 8UL)], _target.Breakpoints);
        Assert.Equal("", _debugger.Ask("Z4,2000,8"));
        Assert.Equal("OK", _debugger.Ask("Z1,1,1"));
        Assert.Equal("OK", _debugger.Ask("Z1,2,1"));
        Assert.Equal("E28", _debugger.Ask("Z1,3,1"));
        Assert.Equal("OK", _debugger.Ask("z0,1000,1"));
        Assert.Equal(3, _target.Breakpoints.Count);
        Assert.Equal("E22", _debugger.Ask("Z0,1000"));
        Assert.Equal("E22", _debugger.Ask("Z0,1000,1;X1,00"));
    }

    [Theory]
    [InlineData("c", "Continue Continue")]
    [InlineData("s", "Step Continue")]
    [InlineData("S05", "Step Continue")]
    [InlineData("vCont;c", "Continue Continue")]
    [InlineData("vCont;s:2;c", "Continue Step")]
    [InlineData("vCont;s:1", "Step Stay")]
    [InlineData("vCont;C05:2;s:-1", "Step Continue")]
    [InlineData("vCont;c:-1", "Continue Continue")]
    public void Each_vcpu_does_what_is_said_of_it(string command, string expected)
    {
        Assert.Equal("+", _debugger.Send(Debugger.Frame(command)));
        Assert.Equal(expected, string.Join(' ', _target.Resumed.Single()));
        Assert.True(_debugger.Session.IsRunning);
    }

    [Theory]
    [InlineData("vCont;")]
    [InlineData("vCont;t")]
    [InlineData("vCont;s:3")]
    [InlineData("vCont;c:1:2")]
    [InlineData("cxyz")]
    [InlineData("C")]
    public void Resumption_that_says_nothing_right_does_nothing(string command)
    {
        Assert.Equal("E22", _debugger.Ask(command));
        Assert.Empty(_target.Resumed);
    }

    [Fact]
    public void Stop_is_told_in_the_words_that_the_debugger_knows()
    {
        Assert.Equal("T05thread:2;", StopFor(new StopReason(StopKind.SoftwareBreak, 1)));
        _debugger.Ask("qSupported:swbreak+;hwbreak+");
        Assert.Equal("T05thread:2;swbreak:;", StopFor(new StopReason(StopKind.SoftwareBreak, 1)));
        Assert.Equal("T05thread:1;hwbreak:;", StopFor(new StopReason(StopKind.HardwareBreak, 0)));
        Assert.Equal("T05thread:1;watch:1234;", StopFor(new StopReason(StopKind.WriteWatch, 0, 0x1234)));
        Assert.Equal("T05thread:1;rwatch:1234;", StopFor(new StopReason(StopKind.ReadWatch, 0, 0x1234)));
        Assert.Equal("T05thread:1;awatch:1234;", StopFor(new StopReason(StopKind.AccessWatch, 0, 0x1234)));
        Assert.Equal("T05thread:1;", StopFor(new StopReason(StopKind.Step, 0)));
        Assert.Equal("T02thread:2;", StopFor(new StopReason(StopKind.Interrupt, 1)));
        Assert.Equal("QC2", _debugger.Ask("qC"));
    }

    [Fact]
    public void While_the_guest_runs_it_can_be_stopped_and_nothing_else()
    {
        _debugger.Send(Debugger.Frame("c"));
        Assert.Equal("E16", _debugger.Ask("g"));
        Assert.Equal("", _debugger.Send("\x03"));
        Assert.Equal(1, _target.Interrupts);
        _debugger.Session.Stopped(new StopReason(StopKind.Interrupt, 0));
        Assert.Equal("T02thread:1;", Debugger.Unframe(_debugger.Take()));
        Assert.Equal("", _debugger.Send("\x03"));
        Assert.Equal(1, _target.Interrupts);
    }

    [Fact]
    public void Guest_that_ends_while_it_runs_is_told_of_and_one_that_stands_still_is_not()
    {
        _debugger.Session.Ended(signal: false, 0);
        Assert.Equal("", _debugger.Take());
        _debugger.Send(Debugger.Frame("c"));
        _debugger.Session.Ended(signal: true, 11);
        Assert.Equal("X0b", Debugger.Unframe(_debugger.Take()));
        _debugger.Send(Debugger.Frame("c"));
        _debugger.Session.Ended(signal: false, 33);
        Assert.Equal("W21", Debugger.Unframe(_debugger.Take()));
    }

    [Fact]
    public void Guest_that_is_started_again_is_found_stopped()
    {
        _debugger.Send(Debugger.Frame("c"));
        _debugger.Session.Target = null;
        _debugger.Send("\x03");
        FakeTarget next = new();
        _debugger.Session.Target = next;
        _debugger.Session.Stopped(new StopReason(StopKind.Trap, 0));
        Assert.Equal("T05thread:1;", Debugger.Unframe(_debugger.Take()));
        Assert.Equal("OK", _debugger.Ask("M1000,1:77"));
        Assert.Equal(0x77, next.Memory[0]);
    }

    [Theory]
    [InlineData("D", "OK", CommandResult.Detach)]
    [InlineData("vKill;1", "OK", CommandResult.Kill)]
    public void Debugger_that_leaves_is_answered_and_nothing_is_taken_from_it_any_more(string command, string answer, object how)
    {
        Assert.Equal(answer, Debugger.Unframe(_debugger.Send(Debugger.Frame(command) + Debugger.Frame("c"))));
        Assert.Equal(how, _debugger.Session.Parting);
        Assert.Empty(_target.Resumed);
    }

    [Fact]
    public void Running_guest_can_be_killed()
    {
        _debugger.Send(Debugger.Frame("c"));
        Assert.Equal("+", _debugger.Send(Debugger.Frame("k")));
        Assert.Equal(CommandResult.Kill, _debugger.Session.Parting);
    }

    [Fact]
    public void What_the_host_refuses_is_an_error_and_no_end()
    {
        _target.Refuses = true;
        Assert.Equal("E05", _debugger.Ask("g"));
        Assert.Equal("E05", _debugger.Ask("c1000"));
        _target.Refuses = false;
        Assert.NotEqual("E05", _debugger.Ask("g"));
    }

    [Fact]
    public void Monitor_answers_in_a_line()
    {
        Assert.Equal("a machine\n", Monitor("info"));
        Assert.Contains("info", Monitor("help"), StringComparison.Ordinal);
        Assert.Contains("not known", Monitor("reboot"), StringComparison.Ordinal);
        Assert.Equal("E22", _debugger.Ask("qRcmd,6"));
    }

    private string Monitor(string line) => System.Text.Encoding.UTF8.GetString(Convert.FromHexString(_debugger.Ask("qRcmd," + Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(line)))));

    private string StopFor(StopReason stop)
    {
        _debugger.Send(Debugger.Frame("c"));
        _debugger.Session.Stopped(stop);
        return Debugger.Unframe(_debugger.Take());
    }

    private static string Sum(string data) => $"{data.Sum(c => c) & 0xff:x2}";
}
