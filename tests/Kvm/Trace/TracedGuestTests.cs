using Vmm.Kvm.Abi;
using Vmm.Machine;
using Vmm.Machine.Exits;
using Vmm.Tests.Kvm.Vcpu;
using Vmm.Trace;
using Vmm.Trace.Format;
using Vmm.Trace.Recording;
using Xunit;

namespace Vmm.Tests.Kvm.Trace;

/// <summary>A real vCPU, traced: every exit once, with what it did, and where.</summary>
public class TracedGuestTests
{
    private const int Writes = 200;

    /// <summary>Where there is no RAM.</summary>
    private const ulong Nowhere = 0xd000_0000;

    /// <summary>mov cx, 200; again: out 0x11, al; loop again; mov ax, 0xd000; mov [0], ax; in al, 0x12; out 0xf4, al; jmp $</summary>
    private static readonly byte[] s_code = [0xb9, Writes, 0x00, 0xe6, 0x11, 0xe2, 0xfc, 0xb8, 0x00, 0xd0, 0xa3, 0x00, 0x00, 0xe4, 0x12, 0xe6, 0xf4, 0xeb, 0xfe];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Every_exit_of_a_known_guest_is_recorded_with_its_instruction(bool synced)
    {
        using MemoryStream file = new();
        using RealModeMachine guest = new(s_code);
        kvm_sregs special = guest.Vcpus[0].GetSpecialRegisters();
        special.ds.@base = Nowhere;
        guest.Vcpus[0].SetSpecialRegisters(special);
        RecordingCounter device = new();
        guest.Ports.TryAdd(0x11, 1, device);
        guest.Ports.TryAdd(0xf4, 1, new RecordingDevice("end") { Written = (_, _) => guest.Machine.End(new MachineOutcome(OutcomeKind.Stopped)) });
        TraceRecorder recorder = new(new StreamSink(file), new TraceHeader { Vcpus = 1 }, new ExitFilter());
        guest.Machine.Trace(new MachineTracer(recorder, guest.Machine, guest.Vcpus, guest.Ram.Memory, synced));
        guest.Machine.Start();
        guest.Machine.WaitForEnd();
        TraceEnd end = recorder.Finish();

        ExitCounters counters = guest.Machine.Dispatchers[0].Counters;
        Assert.Equal(counters.Exits, end.Exits);
        file.Position = 0;
        TracedExit[] exits = [.. new TraceReader(file).Exits()];
        Assert.Equal(counters.Exits, exits.Length);
        Assert.Equal(Writes, exits.Count(exit => exit.Address == 0x11));
        Assert.All(exits, exit => Assert.True(exit.Code is { Known: true, Bits: 16 }, $"{exit.Access} at 0x{exit.Address:x}: {exit.Code}"));
        Assert.Equal([3ul, 0x0a, 0x0d, 0x0f], exits.Select(exit => exit.Code!.Address).Distinct());
        TracedExit write = Assert.Single(exits, exit => exit.Reason == KvmExitReason.KVM_EXIT_MMIO);
        Assert.Equal((AccessKind.MemoryWrite, Nowhere, 0xd000ul, null), (write.Access, write.Address, write.Value, write.Device?.Name));
        Assert.Equal(0xfful, Assert.Single(exits, exit => exit.Access == AccessKind.PortRead).Value);
        Assert.Equal(exits.OrderBy(exit => exit.Answered), exits);
        Assert.All(exits, exit => Assert.True(exit.Handled > 0 && exit.InGuest > 0 && exit.Left > 0));
    }

    /// <summary>again: out 0x11, al; jmp again</summary>
    [Fact]
    public void Vcpu_that_runs_is_traced_from_then_on_and_until_it_is_no_longer()
    {
        using MemoryStream file = new();
        using RealModeMachine guest = new([0xe6, 0x11, 0xeb, 0xfc], vcpus: 2);
        guest.Ports.TryAdd(0x11, 1, new RecordingCounter());
        guest.Machine.Start();
        TraceRecorder recorder = new(new StreamSink(file), new TraceHeader { Vcpus = 2 }, new ExitFilter { Vcpus = [1] }, most: 50);
        guest.Machine.Trace(new MachineTracer(recorder, guest.Machine, guest.Vcpus, guest.Ram.Memory, synced: true));
        Assert.True(SpinWait.SpinUntil(() => recorder.Over is not null, TimeSpan.FromMinutes(1)));
        guest.Machine.Trace(null);
        recorder.Finish();
        // Nobody tells it anything any more.
        long length = file.Length;
        guest.Machine.Pause();
        Assert.Equal(length, file.Length);
        guest.Machine.End(new MachineOutcome(OutcomeKind.Stopped));

        file.Position = 0;
        TracedExit[] exits = [.. new TraceReader(file).Exits()];
        Assert.Equal(50, exits.Length);
        Assert.All(exits, exit => Assert.Equal(1, exit.Vcpu));
    }

    [Fact]
    public void Trace_that_is_ended_has_as_many_exits_as_the_accounting_counted_meanwhile()
    {
        using MemoryStream file = new();
        using RealModeMachine guest = new([0xe6, 0x11, 0xeb, 0xfc], vcpus: 2);
        guest.Ports.TryAdd(0x11, 1, new RecordingCounter());
        guest.Machine.Start();
        TraceRecorder recorder = new(new StreamSink(file), new TraceHeader { Vcpus = 2 }, new ExitFilter());
        guest.Machine.Trace(new MachineTracer(recorder, guest.Machine, guest.Vcpus, guest.Ram.Memory, synced: true));
        Assert.True(SpinWait.SpinUntil(() => recorder.Recorded > 50, TimeSpan.FromMinutes(1)));
        guest.Machine.Trace(null);
        TraceEnd end = recorder.Finish();
        guest.Machine.End(new MachineOutcome(OutcomeKind.Stopped));
        Assert.InRange(end.Recorded, 51, long.MaxValue);
        Assert.Equal(end.Recorded, end.Exits);
    }
}
