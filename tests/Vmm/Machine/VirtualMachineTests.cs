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

    private static VirtualMachine Create(IVcpu? vcpu = null)
    {
        ExitDispatcher dispatcher = new(new AddressBus("ports"), new AddressBus("memory"), new CrashReporter(new()));
        return new VirtualMachine([vcpu ?? new FakeVcpu()], [dispatcher], new MachineEnd());
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
