using Vmm.Devices.Bus;
using Vmm.Host;
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
        Assert.Equal("the machine is ended: it cannot become running", Assert.Throws<VmmException>(machine.Start).Message);
    }

    private static VirtualMachine Create()
    {
        ExitDispatcher dispatcher = new(new AddressBus("ports"), new AddressBus("memory"), new CrashReporter(new()));
        return new VirtualMachine([new FakeVcpu()], [dispatcher], new MachineEnd());
    }
}
