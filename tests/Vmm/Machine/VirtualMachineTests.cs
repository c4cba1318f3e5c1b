using Vmm.Devices.Bus;
using Vmm.Host;
using Vmm.Kvm;
using Vmm.Kvm.Abi;
using Vmm.Machine;
using Vmm.Machine.Exits;
using Xunit;

namespace Vmm.Tests.Vmm.Machine;

public sealed class VirtualMachineTests
{
    [Fact]
    public void Machine_that_ended_before_it_started_can_be_waited_for_and_taken_apart()
    {
        using VirtualMachine machine = Create();
        machine.End(new MachineOutcome(OutcomeKind.Stopped));
        Assert.Equal(OutcomeKind.Stopped, machine.WaitForEnd().Kind);
    }

    [Fact]
    public void Machine_that_ended_before_it_started_cannot_be_started()
    {
        using VirtualMachine machine = Create();
        machine.End(new MachineOutcome(OutcomeKind.Stopped));
        Assert.Equal("the machine is ended: it cannot become running", Assert.Throws<VmmException>(() => machine.Start()).Message);
    }

    [Fact]
    public async Task Fault_of_the_host_is_told_even_when_a_vcpu_never_comes_back()
    {
        VirtualMachine machine = Create(new StuckVcpu());
        machine.Start();
        InvalidOperationException fault = new("a device's thread failed");
        machine.End(new MachineOutcome(OutcomeKind.HostFault, Fault: fault));
        CancellationToken cancel = TestContext.Current.CancellationToken;
        MachineOutcome outcome = await Task.Run(machine.WaitForEnd, cancel).WaitAsync(TimeSpan.FromSeconds(20), cancel);
        Assert.Same(fault, outcome.Fault);
        machine.Dispose();
    }

    [Fact]
    public void Machine_that_is_held_briefly_executes_nothing_meanwhile_and_goes_on_then_though_it_counts_as_running()
    {
        using CountingVcpu vcpu = new();
        using VirtualMachine machine = Create(vcpu);
        machine.Start();
        for (int i = 1; i <= 3; i++)
        {
            vcpu.AwaitRuns(10);
            bool held = false;
            machine.HoldBriefly(() =>
            {
                long before = vcpu.Runs;
                Assert.False(vcpu.TryAwaitRuns(1, TimeSpan.FromMilliseconds(50)));
                Assert.Equal(before, vcpu.Runs);
                Assert.Equal(MachineState.Running, machine.State);
                held = true;
            });
            Assert.True(held);
        }
        vcpu.AwaitRuns(10);
        machine.End(new MachineOutcome(OutcomeKind.Stopped));
        machine.WaitForEnd();
    }

    [Fact]
    public void Nothing_is_held_briefly_that_does_not_run()
    {
        using CountingVcpu vcpu = new();
        using VirtualMachine machine = Create(vcpu);
        machine.HoldBriefly(() => Assert.Fail("it was not started"));
        machine.Start();
        vcpu.AwaitRuns(1);
        machine.Pause();
        machine.HoldBriefly(() => Assert.Fail("it is paused"));
        Assert.False(vcpu.TryAwaitRuns(1, TimeSpan.FromMilliseconds(50)));
        Assert.Equal(MachineState.Paused, machine.State);
        machine.Resume();
        vcpu.AwaitRuns(1);
        machine.End(new MachineOutcome(OutcomeKind.Stopped));
        machine.WaitForEnd();
        machine.HoldBriefly(() => Assert.Fail("it has ended"));
    }

    [Fact]
    public void Machine_whose_holder_fails_goes_on()
    {
        using CountingVcpu vcpu = new();
        using VirtualMachine machine = Create(vcpu);
        machine.Start();
        Assert.Throws<InvalidOperationException>(() => machine.HoldBriefly(() => throw new InvalidOperationException()));
        vcpu.AwaitRuns(10);
        machine.End(new MachineOutcome(OutcomeKind.Stopped));
        machine.WaitForEnd();
    }

    [Fact]
    public void Prepared_machine_runs_nothing_before_it_is_started()
    {
        using CountingVcpu vcpu = new();
        using VirtualMachine machine = Create(vcpu);
        machine.Prepare();
        Assert.False(vcpu.TryAwaitRuns(1, TimeSpan.FromMilliseconds(50)));
        Assert.Equal(MachineState.Created, machine.State);
        machine.Start();
        vcpu.AwaitRuns(10);
    }

    [Fact]
    public void Prepared_machine_that_is_started_held_waits_to_be_resumed()
    {
        using CountingVcpu vcpu = new();
        using VirtualMachine machine = Create(vcpu);
        machine.Prepare();
        machine.Start(held: true);
        Assert.False(vcpu.TryAwaitRuns(1, TimeSpan.FromMilliseconds(50)));
        machine.Resume();
        vcpu.AwaitRuns(10);
    }

    [Fact]
    public void Prepared_machine_that_is_never_started_leaves_no_thread()
    {
        using CountingVcpu vcpu = new();
        using VirtualMachine machine = Create(vcpu);
        machine.Prepare();
        machine.End(new MachineOutcome(OutcomeKind.Stopped));
        machine.WaitForEnd();
        Assert.All(machine.Threads, thread => Assert.True(thread.Join(TimeSpan.Zero)));
        Assert.False(vcpu.TryAwaitRuns(1, TimeSpan.Zero));
    }

    private static VirtualMachine Create(IVcpu? vcpu = null)
    {
        ExitDispatcher dispatcher = new(new AddressBus("ports"), new AddressBus("memory"), new CrashReporter(new()));
        return new VirtualMachine([vcpu ?? new FakeVcpu()], [dispatcher], new MachineEnd());
    }

    /// <summary>Leaves the guest again and again by itself, and counts.</summary>
    private sealed unsafe class CountingVcpu : IVcpu, IDisposable
    {
        private readonly SemaphoreSlim _ran = new(0);
        private long _runs;
        private int _kicked;

        public long Runs => Interlocked.Read(ref _runs);

        public int Number => 0;

        public kvm_run* Shared => null;

        public VcpuExit Run()
        {
            if (Interlocked.Exchange(ref _kicked, 0) == 1)
                return VcpuExit.Kicked;
            Interlocked.Increment(ref _runs);
            _ran.Release();
            Thread.Yield();
            return VcpuExit.Again;
        }

        public void Kick() => Interlocked.Exchange(ref _kicked, 1);

        /// <summary>Waits for runs that begin from now on.</summary>
        public void AwaitRuns(int count) => Assert.True(TryAwaitRuns(count, TimeSpan.FromSeconds(30)), "the vCPU does not run");

        public bool TryAwaitRuns(int count, TimeSpan most)
        {
            while (_ran.Wait(0, CancellationToken.None))
            {
                // Those before.
            }
            for (int i = 0; i < count; i++)
            {
                if (!_ran.Wait(most, CancellationToken.None))
                    return false;
            }
            return true;
        }

        public void Dispose() => _ran.Dispose();
    }

    /// <summary>Waits for something that never comes, whoever kicks.</summary>
    private sealed unsafe class StuckVcpu : IVcpu
    {
        public int Number => 0;

        public kvm_run* Shared => null;

        public VcpuExit Run()
        {
            new ManualResetEventSlim().Wait();
            return VcpuExit.Again;
        }

        public void Kick()
        {
        }
    }
}
