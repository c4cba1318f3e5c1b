using Vmm.Coredump;
using Vmm.Host;
using Vmm.Inspect;
using Vmm.Inspect.Report;
using Vmm.Inspect.Sources;
using Vmm.Machine;
using Vmm.Machine.Build;
using Vmm.Snapshot;

namespace Vmm.Control;

/// <content>Looking at what the machine holds.</content>
internal sealed partial class VmControl
{
    /// <summary>Holds the machine for the moment and looks. It goes on as it was.</summary>
    /// <exception cref="VmmException">It cannot be answered.</exception>
    public InspectReport Inspect(InspectRequest request)
    {
        // Before the guest is held for it.
        InspectRules.Check(request);
        return OnMachine(VmCommand.Inspect, vm =>
        {
            using HeldMachine held = HeldMachine.HoldToLook(vm);
            return Inspector.Answer(LiveSource.Of(vm, held, ConfigOf(vm)), request);
        });
    }

    /// <summary>Holds the machine and writes a core file of it. It goes on as it was.</summary>
    /// <param name="request">Where to.</param>
    /// <param name="isUnwanted">Whether nobody wants it any more; null for one that is wanted.</param>
    /// <exception cref="VmmException">It cannot be written, or was given up: nothing is left of it.</exception>
    public CoredumpReport TakeCoredump(CoredumpRequest request, Func<bool>? isUnwanted = null)
    {
        using NewCoredump making = NewCoredump.Begin(request);
        return OnMachine(VmCommand.Coredump, vm =>
        {
            using HeldMachine held = HeldMachine.HoldToLook(vm);
            RamPages memory = new(vm.Ram);
            return making.Write(LiveSource.Of(vm, held, ConfigOf(vm)), memory, memory.Touched, () => StopIfUnwanted(vm, "core file", isUnwanted));
        });
    }

    /// <summary>Gives up what takes a while when nobody wants it any more, or the guest it is of is over.</summary>
    /// <exception cref="VmmException">So it is.</exception>
    private void StopIfUnwanted(MicroVm vm, string what, Func<bool>? isUnwanted)
    {
        if (vm.Machine.State == MachineState.Ended)
            throw new VmmException($"the {what} of '{Config?.Name}' was given up: the guest's run ended");
        if (isUnwanted?.Invoke() == true)
            throw new VmmException($"the {what} of '{Config?.Name}' was given up: whoever asked for it is gone");
    }
}
