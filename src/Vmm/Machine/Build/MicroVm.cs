using Vmm.Devices.Virtio;
using Vmm.Guest.Boot;
using Vmm.Kvm;

namespace Vmm.Machine.Build;

/// <summary>A machine with its devices, as <see cref="MachineBuilder"/> made it: what the command line and the API hold on to.</summary>
internal sealed class MicroVm : IDisposable
{
    private readonly KvmSystem _kvm;
    private readonly KvmVm _vm;
    private readonly Chassis _chassis;

    /// <summary>Joins the parts, and owns them.</summary>
    public MicroVm(KvmSystem kvm, KvmVm vm, GuestRam ram, Chassis chassis, VirtualMachine machine)
    {
        _kvm = kvm;
        _vm = vm;
        Ram = ram;
        _chassis = chassis;
        Machine = machine;
    }

    /// <summary>The vCPUs and the machine's life.</summary>
    public VirtualMachine Machine { get; }

    /// <summary>The guest's RAM.</summary>
    public GuestRam Ram { get; }

    /// <summary>What was loaded where.</summary>
    public required BootPlan Boot { get; init; }

    /// <summary>The machine's own devices.</summary>
    public required PlatformDevices Platform { get; init; }

    /// <summary>The virtio devices, in the order in which the guest finds them.</summary>
    public required IReadOnlyList<VirtioDeviceCore> Virtio { get; init; }

    /// <summary>The first virtio device of a type; null when there is none.</summary>
    public T? Device<T>() where T : class, IVirtioDevice => Virtio.Select(core => core.Device).OfType<T>().FirstOrDefault();

    /// <summary>Ends the machine and gives everything back: vCPUs first, then devices, then memory. A broken machine is left as it is.</summary>
    public void Dispose()
    {
        Machine.Dispose();
        if (Machine.IsBroken)
            return;
        foreach (VirtioDeviceCore core in Virtio)
            core.WriteStatus(0, waitForReset: true);
        _chassis.Dispose();
        _vm.Dispose();
        Ram.Dispose();
        _kvm.Dispose();
    }
}
