using Vmm.Host;
using Vmm.Kvm;
using Vmm.Kvm.Abi;

namespace Vmm.Bench.Exits;

/// <summary>An ioeventfd in the place of the measured device, which nobody reads: what remains is the guest's side.</summary>
internal sealed class SilentDoorbell : IDisposable
{
    private readonly EventFd _signal = new();

    /// <summary>Ties it to the VM, as long as that lives.</summary>
    public SilentDoorbell(KvmVm vm, ExitRow row)
    {
        kvm_ioeventfd argument = new()
        {
            addr = row.Argument,
            len = sizeof(uint),
            fd = _signal.Fd.Number,
            flags = row.Doorbell == DoorbellKind.Port ? kvm_ioeventfd.KVM_IOEVENTFD_FLAG_PIO : 0,
        };
        if (vm.TrySetIoEventFd(argument))
            return;
        HostException refused = HostException.Last("ioctl KVM_IOEVENTFD");
        _signal.Dispose();
        throw refused;
    }

    /// <inheritdoc/>
    public void Dispose() => _signal.Dispose();
}
