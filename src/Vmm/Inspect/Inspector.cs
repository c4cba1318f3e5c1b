using Vmm.Inspect.Report;
using Vmm.Inspect.Views;

namespace Vmm.Inspect;

/// <summary>Answers what was asked of a machine.</summary>
internal static class Inspector
{
    /// <summary>Looks.</summary>
    /// <param name="machine">It stands still meanwhile.</param>
    /// <param name="request">What is asked.</param>
    /// <exception cref="Host.VmmException">It cannot be answered: what was asked does not exist, or the state is damaged.</exception>
    public static InspectReport Answer(InspectedMachine machine, InspectRequest request)
    {
        InspectRules.Check(request);
        return request.Topic switch
        {
            InspectTopic.Registers => RegistersView.Of(machine, request.Vcpu),
            InspectTopic.Code => CodeView.Of(machine, request),
            InspectTopic.Memory => MemoryView.Of(machine, request),
            InspectTopic.Walk when request.Check is int count => WalkCheck.Of(machine, request.Vcpu, count),
            InspectTopic.Walk => WalkView.Of(machine, request),
            InspectTopic.Slots => SlotsView.Of(machine),
            InspectTopic.Bus => BusView.Of(machine),
            InspectTopic.Pci => PciView.Of(machine),
            InspectTopic.Queues => QueuesView.Of(machine, request.Where),
            InspectTopic.Irq => IrqView.Of(machine, request.Vcpu),
            InspectTopic.Cpuid => CpuidView.Of(machine, request.Vcpu),
            InspectTopic.Msrs => MsrsView.Of(machine, request.Vcpu),
            InspectTopic.Acpi => AcpiView.Of(machine),
            _ => throw InspectRules.Wrong($"'{request.Topic}' cannot be looked at"),
        };
    }
}
