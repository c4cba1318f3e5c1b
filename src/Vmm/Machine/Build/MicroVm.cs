using Vmm.Devices.Bus;
using Vmm.Devices.State;
using Vmm.Devices.Virtio;
using Vmm.Devices.Virtio.Net;
using Vmm.Kvm;
using Vmm.Kvm.Abi;
using Vmm.Kvm.State;
using Vmm.Machine.Dirty;
using Vmm.Snapshot;
using Vmm.Storage;

namespace Vmm.Machine.Build;

/// <summary>A machine with its devices, as <see cref="MachineBuilder"/> made it: what the command line and the API hold on to.</summary>
internal sealed class MicroVm : IDisposable
{
    private readonly KvmSystem _kvm;
    private readonly KvmVm _vm;
    private readonly Chassis _chassis;
    private readonly Lazy<DirtyLog> _dirty;
    private readonly Lazy<SnapshotTracking> _tracking;

    /// <summary>Joins the parts, and owns them.</summary>
    public MicroVm(KvmSystem kvm, KvmVm vm, GuestRam ram, Chassis chassis, VirtualMachine machine)
    {
        _dirty = new(() => new DirtyLog(vm, ram.Memory));
        _tracking = new(() => new SnapshotTracking(Dirty, ram));
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

    /// <summary>The vCPUs, for their state.</summary>
    public required IReadOnlyList<KvmVcpu> Vcpus { get; init; }

    /// <summary>KVM's side of it, for its state.</summary>
    public KvmVm Kvm => _vm;

    /// <summary>The I/O ports, and who answers there.</summary>
    public AddressBus Ports => _chassis.Ports;

    /// <summary>Device registers in the memory address space.</summary>
    public AddressBus Registers => _chassis.Registers;

    /// <summary>What this host can give a guest that was begun elsewhere.</summary>
    public HostOffer Offer => HostOffer.Of(_kvm, _vm, Vcpus[0]);

    /// <summary>Whether KVM can tell registers with each exit (KVM_CAP_SYNC_REGS).</summary>
    public bool SyncsRegisters
    {
        get
        {
            const int both = (int)(kvm_sync_regs.KVM_SYNC_X86_REGS | kvm_sync_regs.KVM_SYNC_X86_SREGS);
            return (_kvm.Check(KvmCapability.KVM_CAP_SYNC_REGS) & both) == both;
        }
    }

    /// <summary>Which pages of its memory are written; off until somebody wants to know.</summary>
    public DirtyLog Dirty => _dirty.Value;

    /// <summary>What changed since the last snapshot, where that was asked for.</summary>
    public SnapshotTracking Tracking => _tracking.Value;

    /// <summary>The machine's own devices.</summary>
    public required PlatformDevices Platform { get; init; }

    /// <summary>The virtio devices, in the order in which the guest finds them.</summary>
    public required IReadOnlyList<VirtioDeviceCore> Virtio { get; init; }

    /// <summary>The disks' images, in the order of the description.</summary>
    public required IReadOnlyList<RawFileBackend> Disks { get; init; }

    /// <summary>Everything that has a state, in the order in which it is restored: devices, then interrupt controllers and clocks, then vCPUs.</summary>
    public IReadOnlyList<IStateful> Parts => [.. Platform.Parts, .. Virtio, .. KvmParts.Of(_kvm, _vm, Vcpus)];

    /// <summary>The first virtio device of a type; null when there is none.</summary>
    public T? Device<T>() where T : class, IVirtioDevice => Virtio.Select(core => core.Device).OfType<T>().FirstOrDefault();

    /// <summary>The network devices, in the order of the description.</summary>
    public IEnumerable<VirtioNet> Networks => Virtio.Select(core => core.Device).OfType<VirtioNet>();

    /// <summary>A network device.</summary>
    /// <param name="index">Its place among them, as in the description.</param>
    public VirtioNet Network(int index) => Networks.ElementAt(index);

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
