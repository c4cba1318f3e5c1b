using Vmm.Devices.Interrupts;
using Vmm.Host;

namespace Vmm.Kvm.Events;

/// <summary>An edge-triggered input of the in-kernel interrupt controllers, by irqfd: one write and no lock, from any thread.</summary>
internal sealed class IrqFdLine : IInterruptLine, IDisposable
{
    private readonly KvmVm _vm;
    private readonly uint _gsi;
    private readonly EventFd _event = new();

    /// <summary>Ties a new eventfd to input <paramref name="gsi"/>.</summary>
    public IrqFdLine(KvmVm vm, uint gsi)
    {
        _vm = vm;
        _gsi = gsi;
        vm.SetIrqFd(_event, gsi, assign: true);
    }

    /// <inheritdoc/>
    public void Raise() => _event.Signal();

    /// <summary>Does nothing: the kernel takes an irqfd's edge back itself.</summary>
    public void Lower()
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _vm.SetIrqFd(_event, _gsi, assign: false);
        _event.Dispose();
    }
}
