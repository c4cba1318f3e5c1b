using Vmm.Control;
using Vmm.Gdb.Breakpoints;
using Vmm.Kvm;
using Vmm.Logging;
using Vmm.Machine;
using Vmm.Tests.Kvm.Firmware;
using Xunit;

namespace Vmm.Tests.Kvm.Gdb;

/// <summary>Tiny guests under a debugger, by the protocol itself.</summary>
public sealed class DebuggedGuestTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vmm-gdb");
    private readonly VmmLog _log = new("test", [], TimeProvider.System);
    private readonly ManualResetEventSlim _ended = new();
    private readonly ManualResetEventSlim _resumed = new();
    private readonly VmControl _control;
    private readonly IDisposable _watching;

    public DebuggedGuestTests()
    {
        KvmDevice.Require();
        EventHub events = new(TimeProvider.System);
        _watching = events.Subscribe(what =>
        {
            if (what.Name == "shutdown")
                _ended.Set();
            else if (what.Name == "resumed" && what.Properties?.GetValueOrDefault("by") == "debugger")
                _resumed.Set();
        });
        _control = new VmControl(events, _log);
    }

    private string Place => Path.Combine(_folder.FullName, "gdb");

    public void Dispose()
    {
        _control.Dispose();
        _watching.Dispose();
        _log.Dispose();
        _ended.Dispose();
        _resumed.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public void Guest_is_held_stepped_stopped_and_goes_on_unharmed()
    {
        Boot("count", "n=1000", vcpus: 2);
        Assert.Equal(VmState.Paused, _control.State);
        // One that only looks whether anybody listens changes nothing.
        new RawDebugger(Place).Dispose();
        using RawDebugger debugger = Connect();
        Assert.Equal(VmState.Paused, _control.State);
        Assert.Equal("T05thread:1;", debugger.Ask("?"));
        Assert.Equal(0x100000ul, debugger.Rip);
        Assert.Equal("m1,2", debugger.Ask("qfThreadInfo"));
        ulong entry = debugger.Rip;
        string code = debugger.Ask($"m{RawDebugger.Hex(entry)},8");
        Assert.Equal(16, code.Length);
        Assert.Equal("E14", debugger.Ask("mf0000000,8"));

        Assert.Equal("T05thread:1;", debugger.Ask("vCont;s:1"));
        ulong second = debugger.Rip;
        Assert.NotEqual(entry, second);
        // A breakpoint does not show, and the guest stops there.
        Assert.Equal("T05thread:1;", debugger.Ask("vCont;s:1"));
        ulong third = debugger.Rip;
        Assert.Equal("OK", debugger.Ask($"P10={Convert.ToHexStringLower(BitConverter.GetBytes(entry))}"));
        string info = System.Text.Encoding.ASCII.GetString(Convert.FromHexString(debugger.Ask("qRcmd,696e666f")));
        Assert.Contains("break " + (DebugSupport.Here.Software ? "works" : "does not work"), info, StringComparison.Ordinal);
        string there = debugger.Ask($"m{RawDebugger.Hex(third)},4");
        Assert.Equal(DebugSupport.Here.Software ? "OK" : "E05", debugger.Ask($"Z0,{RawDebugger.Hex(third)},1"));
        Assert.Equal(there, debugger.Ask($"m{RawDebugger.Hex(third)},4"));
        Assert.Equal(DebugSupport.Here.Hardware ? "OK" : "", debugger.Ask($"Z1,{RawDebugger.Hex(second)},1"));
        debugger.Ask("qSupported:swbreak+;hwbreak+");
        if (DebugSupport.Here.Hardware)
        {
            Assert.Equal("T05thread:1;hwbreak:;", debugger.Ask("vCont;c"));
            Assert.Equal(second, debugger.Rip);
            Assert.Equal("OK", debugger.Ask($"z1,{RawDebugger.Hex(second)},1"));
        }
        if (DebugSupport.Here.Software)
        {
            Assert.Equal("T05thread:1;swbreak:;", debugger.Ask("vCont;c"));
            Assert.Equal(third, debugger.Rip);
        }

        LifecycleConflictException refused = Assert.Throws<LifecycleConflictException>(() => _control.Resume());
        Assert.Contains("a debugger is attached at unix:", refused.Message, StringComparison.Ordinal);
        using (RawDebugger other = new(Place))
            Assert.Null(other.Receive());

        Assert.Equal("OK", debugger.Ask("D"));
        AssertEnds(OutcomeKind.PoweredOff);
    }

    [Fact]
    public void Running_guest_is_stopped_by_ctrl_c_and_runs_on_when_its_debugger_is_gone()
    {
        Boot("monitor", "", vcpus: 1);
        RawDebugger debugger = new(Place);
        // Its third instruction: the first two have a byte each, which is not enough for every breakpoint.
        Assert.Equal("T05thread:1;", debugger.Ask("vCont;s:1"));
        Assert.Equal("T05thread:1;", debugger.Ask("vCont;s:1"));
        string third = RawDebugger.Hex(debugger.Rip);
        string there = debugger.Ask($"m{third},2");
        debugger.Send("c");
        Assert.Throws<LifecycleConflictException>(() => _control.Pause());
        debugger.Interrupt();
        Assert.Equal("T02thread:1;", debugger.Receive());
        Assert.Equal(VmState.Paused, _control.State);
        Assert.Equal(DebugSupport.Here.Software ? "OK" : "E05", debugger.Ask($"Z0,{third},1"));
        debugger.Dispose();

        // The next is let in when the one before is gone, and finds no breakpoint.
        using RawDebugger next = Connect();
        Assert.Equal(there, next.Ask($"m{third},2"));
        next.Send("k");
        AssertEnds(OutcomeKind.Stopped);
    }

    [Fact]
    public void Breakpoint_over_an_instruction_that_is_too_short_for_it_is_refused()
    {
        // nop; mov al, 0; out 0xf4, al; jmp $
        string path = Path.Combine(_folder.FullName, "flat");
        File.WriteAllBytes(path, [0x90, 0xb0, 0x00, 0xe6, 0xf4, 0xeb, 0xfe]);
        _control.Create(TinyMachine.Describe("hello", "") with { Firmware = null, Cmdline = null, Kernel = path, Gdb = $"unix:{Place}" });
        _control.Boot();
        using RawDebugger debugger = new(Place);
        // Where a flat binary is put; the pointer itself counts from its segment's base.
        const ulong nop = 0x10000;
        Assert.Equal(DebugSupport.Here.Trap == BreakpointTrap.Int3 ? "OK" : "E05", debugger.Ask($"Z0,{RawDebugger.Hex(nop)},1"));
        Assert.Equal(DebugSupport.Here.Software ? "OK" : "E05", debugger.Ask($"Z0,{RawDebugger.Hex(nop + 1)},1"));
        Assert.Equal("90b000e6f4ebfe", debugger.Ask($"m{RawDebugger.Hex(nop)},7"));
        if (DebugSupport.Here.Trap == BreakpointTrap.PortRead)
        {
            // AL and the pointer are as they were before the port was read.
            Assert.Equal("OK", debugger.Ask("P0=7856341200000000"));
            Assert.Equal("T05thread:1;", debugger.Ask("vCont;c"));
            Assert.Equal(1ul, debugger.Rip);
            Assert.Equal("7856341200000000", debugger.Ask("p0"));
        }
        debugger.Ask("D");
        AssertEnds(OutcomeKind.DebugExit);
        Assert.Equal(0u, _control.Outcome!.Status >> 1);
    }

    [Fact]
    public void Guest_that_its_user_paused_stays_paused_unless_the_debugger_runs_it()
    {
        Boot("monitor", "", vcpus: 1);
        _control.Resume();
        _control.Pause();
        using (RawDebugger looks = new(Place))
        {
            Assert.Equal("T05thread:1;", looks.Ask("?"));
            Assert.Equal("OK", looks.Ask("D"));
            Assert.Null(looks.Receive());
        }
        using (RawDebugger runs = Connect())
        {
            Assert.Equal(VmState.Paused, _control.State);
            Assert.Equal("T05thread:1;", runs.Ask("vCont;s:1"));
        }
        using RawDebugger next = new(Place);
        Assert.True(_resumed.Wait(s_patience, TestContext.Current.CancellationToken), "nobody was told that the guest goes on");
        next.Send("k");
        AssertEnds(OutcomeKind.Stopped);
    }

    [Fact]
    public void Debugger_that_does_not_read_is_not_waited_for_when_the_guest_is_ended()
    {
        Boot("monitor", "", vcpus: 1);
        using RawDebugger debugger = new(Place);
        Assert.Equal("T05thread:1;", debugger.Ask("?"));
        // More than any socket holds, and none of it read: the debugger's thread is in the midst of an answer.
        debugger.AskForMoreThanFits("m100000,1000");
        long asked = Environment.TickCount64;
        _control.Stop();
        AssertEnds(OutcomeKind.Stopped);
        // Half of a debugger's own time to read.
        Assert.InRange(Environment.TickCount64 - asked, 0, 30_000);
    }

    [Fact]
    public void Breakpoint_of_the_guest_s_own_is_the_guest_s()
    {
        Assert.SkipUnless(HostProcessor.HasVirtualization, "int3 at CPL 0 needs the processor's help");
        Boot("probe", "", vcpus: 1);
        using RawDebugger debugger = new(Place);
        // Where nothing is executed: it makes int3 leave the guest.
        Assert.Equal(DebugSupport.Here.Software ? "OK" : "E05", debugger.Ask("Z0,9000,1"));
        string end = debugger.Ask("vCont;c");
        AssertEnds(OutcomeKind.DebugExit);
        Assert.Equal($"W{ExitCodes.FromDebugExit(_control.Outcome!.Status):x2}", end);
        // What the probe wrote; the lowest bit is the port's own.
        Assert.Equal(0u, _control.Outcome.Status >> 1);
    }

    [Theory]
    [InlineData("vCont;c")]
    [InlineData("D")]
    public void Guest_that_was_stepped_while_it_saved_its_flags_is_not_trapped_when_it_restores_them(string onward)
    {
        // xor ax, ax; mov es, ax; mov word [es:4], 0x40; mov [es:6], cs; pushf; popf; nop; nop; mov al, 0; out 0xf4, al; jmp $
        byte[] code = [0x31, 0xc0, 0x8e, 0xc0, 0x26, 0xc7, 0x06, 0x04, 0x00, 0x40, 0x00, 0x26, 0x8c, 0x0e, 0x06, 0x00, 0x9c, 0x9d, 0x90, 0x90, 0xb0, 0x00, 0xe6, 0xf4, 0xeb, 0xfe];
        // Its handler of #DB: mov al, 1; out 0xf4, al; jmp $
        byte[] handler = [0xb0, 0x01, 0xe6, 0xf4, 0xeb, 0xfe];
        byte[] image = new byte[0x40 + handler.Length];
        code.CopyTo(image, 0);
        handler.CopyTo(image, 0x40);
        string path = Path.Combine(_folder.FullName, "flat");
        File.WriteAllBytes(path, image);
        _control.Create(TinyMachine.Describe("hello", "") with { Firmware = null, Cmdline = null, Kernel = path, Gdb = $"unix:{Place}" });
        _control.Boot();
        using RawDebugger debugger = new(Place);
        for (int step = 0; step < 5; step++)
            Assert.Equal("T05thread:1;", debugger.Ask("vCont;s:1"));
        debugger.Ask(onward);
        AssertEnds(OutcomeKind.DebugExit);
        Assert.Equal(0u, _control.Outcome!.Status >> 1);
    }

    [Fact]
    public void Guest_that_starts_again_is_held_at_its_first_instruction()
    {
        Boot("monitor", "", vcpus: 1);
        using RawDebugger debugger = new(Place);
        ulong entry = debugger.Rip;
        debugger.Send("c");
        Assert.True(SpinWait.SpinUntil(() => _control.State == VmState.Running, s_patience));
        _control.Reboot();
        Assert.Equal("T05thread:1;", debugger.Receive());
        Assert.Equal(entry, debugger.Rip);
        debugger.Send("k");
        AssertEnds(OutcomeKind.Stopped);
    }

    private void Boot(string firmware, string parameters, int vcpus)
    {
        _control.Create(TinyMachine.Describe(firmware, parameters, vcpus) with { Gdb = $"unix:{Place}" });
        _control.Boot();
    }

    private RawDebugger Connect()
    {
        long deadline = Environment.TickCount64 + (long)s_patience.TotalMilliseconds;
        while (true)
        {
            RawDebugger debugger = new(Place);
            try
            {
                if (debugger.Ask("?").StartsWith('T'))
                    return debugger;
            }
            catch (Exception turned) when (turned is InvalidOperationException or System.Net.Sockets.SocketException && Environment.TickCount64 < deadline)
            {
                debugger.Dispose();
            }
        }
    }

    private void AssertEnds(OutcomeKind how)
    {
        Assert.True(_ended.Wait(s_patience, TestContext.Current.CancellationToken));
        Assert.Equal(how, _control.Outcome!.Kind);
    }
}
