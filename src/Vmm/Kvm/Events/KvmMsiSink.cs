using Vmm.Devices.Interrupts;

namespace Vmm.Kvm.Events;

/// <summary>Message-signalled interrupts straight to the local APICs (KVM_SIGNAL_MSI).</summary>
internal sealed class KvmMsiSink(KvmVm vm) : IMsiSink
{
    /// <inheritdoc/>
    public void Signal(in MsiMessage message) => vm.SignalMsi(message.Address, message.Data);
}
