using Vmm.Devices.State;
using Vmm.Kvm.Abi;

namespace Vmm.Kvm.State;

/// <summary>What KVM holds of a machine, in the order in which it is restored.</summary>
internal static class KvmParts
{
    /// <summary>Interrupt controllers, clocks, then the vCPUs.</summary>
    /// <param name="kvm">The host's KVM.</param>
    /// <param name="vm">The machine.</param>
    /// <param name="vcpus">Its vCPUs, in the order of their numbers.</param>
    /// <param name="time">The host's time of day; null for the real one.</param>
    public static IEnumerable<IStateful> Of(KvmSystem kvm, KvmVm vm, IReadOnlyList<KvmVcpu> vcpus, TimeProvider? time = null)
    {
        uint[] msrs = SavedMsrs.Of(kvm);
        int xsave = XsaveSize(vm);
        return [new InterruptControllersState(vm), new TimerState(vm), new ClockState(vm, time ?? TimeProvider.System), .. vcpus.Select(vcpu => new VcpuState(vcpu, msrs, xsave))];
    }

    /// <summary>Bytes of an XSAVE area on this host.</summary>
    public static int XsaveSize(KvmVm vm) => Math.Max(vm.Check(KvmCapability.KVM_CAP_XSAVE2), KvmVcpu.XsaveSize);
}
