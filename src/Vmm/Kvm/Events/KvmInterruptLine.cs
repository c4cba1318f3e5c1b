using Vmm.Devices.Interrupts;

namespace Vmm.Kvm.Events;

/// <summary>A level on an input of the in-kernel interrupt controllers (KVM_IRQ_LINE). For lines that stay up until they are served.</summary>
internal sealed class KvmInterruptLine(KvmVm vm, uint gsi) : IInterruptLine
{
    /// <inheritdoc/>
    public void Raise() => vm.SetIrqLine(gsi, true);

    /// <inheritdoc/>
    public void Lower() => vm.SetIrqLine(gsi, false);
}
