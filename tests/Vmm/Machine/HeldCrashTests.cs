using Vmm.Devices.Bus;
using Vmm.Host;
using Vmm.Kvm.Abi;
using Vmm.Machine;
using Vmm.Machine.Exits;
using Xunit;

namespace Vmm.Tests.Vmm.Machine;

/// <summary>A guest that crashes and is kept for a look: it is held, nothing lets it go on, and its end is still that crash.</summary>
public sealed class HeldCrashTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private readonly FakeVcpu _vcpu = new();
    private readonly ManualResetEventSlim _crashed = new();

    public void Dispose() => _crashed.Dispose();

    [Theory]
    [InlineData(KvmExitReason.KVM_EXIT_SHUTDOWN, OutcomeKind.TripleFault)]
    [InlineData(KvmExitReason.KVM_EXIT_INTERNAL_ERROR, OutcomeKind.InternalError)]
    [InlineData(KvmExitReason.KVM_EXIT_FAIL_ENTRY, OutcomeKind.EntryFailure)]
    [InlineData(KvmExitReason.KVM_EXIT_HYPERCALL, OutcomeKind.UnexpectedExit)]
    internal void Crash_is_held_and_told_and_is_what_the_run_ended_by(KvmExitReason reason, OutcomeKind kind)
    {
        using VirtualMachine machine = Crash(reason, preserves: true, out Func<MachineOutcome?> told);
        Assert.Equal(kind, told()!.Kind);
        Assert.NotNull(told()!.Report);
        machine.EnsureHeld();
        Assert.Equal(MachineState.Crashed, machine.State);
        machine.End(new MachineOutcome(OutcomeKind.Stopped));
        // Its report was told already.
        Assert.Equal(new MachineOutcome(kind), machine.WaitForEnd());
    }

    [Fact]
    public void Crashed_machine_neither_goes_on_nor_is_paused_and_may_start_anew()
    {
        using VirtualMachine machine = Crash(KvmExitReason.KVM_EXIT_SHUTDOWN, preserves: true, out _);
        Assert.Equal("the machine is crashed: it cannot become running", Assert.Throws<VmmException>(machine.Resume).Message);
        Assert.Equal("the machine is crashed: it cannot become paused", Assert.Throws<VmmException>(() => machine.Pause()).Message);
        machine.HoldBriefly(() => Assert.Fail("it does not run"));
        machine.Trace(null);
        Assert.Equal(MachineState.Crashed, machine.State);
        machine.End(new MachineOutcome(OutcomeKind.Reset));
        Assert.Equal(OutcomeKind.Reset, machine.WaitForEnd().Kind);
    }

    [Fact]
    public void Crash_that_nobody_wants_to_see_ends_the_machine()
    {
        using VirtualMachine machine = Create(preserves: false);
        machine.CrashWanted = () => false;
        machine.Crashed = _ => Assert.Fail("it was not to be held");
        _vcpu.Exit(KvmExitReason.KVM_EXIT_SHUTDOWN);
        machine.Start();
        Assert.NotNull(machine.WaitForEnd().Report);
        Assert.Null(machine.Crash);
    }

    [Fact]
    public void Crash_that_was_held_for_somebody_ends_the_machine_when_he_has_seen_it()
    {
        bool there = true;
        using VirtualMachine machine = Crash(KvmExitReason.KVM_EXIT_SHUTDOWN, preserves: false, out _, () => Volatile.Read(ref there));
        machine.EndUnwantedCrash();
        Assert.Equal(MachineState.Crashed, machine.State);
        Volatile.Write(ref there, false);
        machine.EndUnwantedCrash();
        Assert.Equal(OutcomeKind.TripleFault, machine.WaitForEnd().Kind);
    }

    [Fact]
    public void Who_leaves_while_the_crash_is_told_leaves_no_machine_held_for_nobody()
    {
        using VirtualMachine machine = Create(preserves: false);
        bool there = true;
        machine.CrashWanted = () => Volatile.Read(ref there);
        machine.Crashed = _ => Volatile.Write(ref there, false);
        _vcpu.Exit(KvmExitReason.KVM_EXIT_SHUTDOWN);
        machine.Start();
        Assert.Equal(OutcomeKind.TripleFault, machine.WaitForEnd().Kind);
    }

    private VirtualMachine Crash(KvmExitReason reason, bool preserves, out Func<MachineOutcome?> told, Func<bool>? wanted = null)
    {
        VirtualMachine machine = Create(preserves);
        MachineOutcome? heard = null;
        told = () => heard;
        machine.CrashWanted = wanted;
        machine.Crashed = outcome =>
        {
            heard = outcome;
            _crashed.Set();
        };
        _vcpu.Exit(reason);
        machine.Start();
        Assert.True(_crashed.Wait(s_patience, TestContext.Current.CancellationToken));
        return machine;
    }

    private VirtualMachine Create(bool preserves)
    {
        ExitDispatcher dispatcher = new(new AddressBus("ports"), new AddressBus("memory"), new CrashReporter(new()));
        return new VirtualMachine([_vcpu], [dispatcher], new MachineEnd()) { PreservesCrash = preserves };
    }
}
