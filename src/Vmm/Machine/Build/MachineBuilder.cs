using Vmm.Guest.Boot;
using Vmm.Guest.Cpu;
using Vmm.Guest.Cpu.Cpuid;
using Vmm.Guest.Memory;
using Vmm.Host;
using Vmm.Kvm;
using Vmm.Logging;
using Vmm.Machine.Config;
using Vmm.Machine.Exits;

namespace Vmm.Machine.Build;

/// <summary>Builds a machine from its configuration, up to the point where its vCPUs may start.</summary>
/// <remarks>
/// The order is: images and RAM, the VM and its memory slots, interrupt controllers, devices, the loaded kernel, vCPUs.
/// Memory slots come before everything that KVM hangs on the VM: each later change of a slot waits for a grace period of
/// the host kernel, 10 ms on an idle machine.
/// </remarks>
internal sealed class MachineBuilder
{
    private readonly MachineConfig _config;
    private readonly MachineConsoles _consoles;
    private readonly DeviceLog? _log;
    private readonly HostEnds _host;
    private readonly IMachineOrigin? _origin;
    private readonly Stack<IDisposable> _undo = new();

    private MachineBuilder(MachineConfig config, MachineConsoles consoles, DeviceLog? log, HostEnds host, IMachineOrigin? origin) =>
        (_config, _consoles, _log, _host, _origin) = (config, consoles, log, host, origin);

    /// <summary>Builds the machine.</summary>
    /// <param name="config">As <see cref="MachineConfigResolver"/> completed it.</param>
    /// <param name="consoles">Where its character devices print to.</param>
    /// <param name="log">Told when a driver breaks a device's rules; null when nobody wants to know.</param>
    /// <param name="host">What it shares with the runs before and after it, beside its consoles.</param>
    /// <param name="origin">Where its memory and state come from; null for power-on.</param>
    /// <exception cref="VmmException">The host, a file or an image does not allow it; nothing is left behind.</exception>
    public static MicroVm Build(MachineConfig config, MachineConsoles consoles, DeviceLog? log = null, HostEnds? host = null, IMachineOrigin? origin = null)
    {
        MachineBuilder builder = new(config, consoles, log, host ?? new HostEnds(), origin);
        try
        {
            return builder.Build();
        }
        catch (Exception refused)
        {
            while (builder._undo.TryPop(out IDisposable? part))
                part.Dispose();
            throw refused switch
            {
                BootException boot => new VmmException(boot.Message, cause: boot),
                CpuidException cpu => new VmmException($"--cpu: {cpu.Message}", cause: cpu),
                HostException failed => new VmmException($"the machine cannot be built: {failed.Message}{Remedy(failed.Errno)}", cause: failed),
                _ => refused,
            };
        }
    }

    private static string Remedy(Errno errno) => errno switch
    {
        Errno.EMFILE or Errno.ENFILE => "; raise the limit (ulimit -n)",
        Errno.ENOMEM => "; use less memory, or stop something",
        Errno.EAGAIN => "; raise the limit on threads (ulimit -u), or stop something",
        _ => "",
    };

    private MicroVm Build()
    {
        VcpuPinning? pinning = VcpuPinning.Of(_config.Cpus);
        using KernelImages? images = _origin is null ? new(_config) : null;
        KvmSystem kvm = Keep(KvmSystem.Open());
        KvmRequirements.Check(kvm, _config.Cpus.Topology.Count);
        GuestRam ram = Keep(_origin?.OpenRam(_config) ?? GuestRam.Create(_config.Memory.Size.Bytes, _config.Memory.Shared, _config.Memory.Hugepages, _config.Memory.Prefault));
        KvmVm vm = Keep(CreateVm(kvm, ram.Memory));

        VcpuFactory factory = new(kvm, vm, _config);
        MachineEnd end = new();
        Chassis chassis = Keep(new Chassis(vm, ram, end));
        PlatformDevices platform = new(chassis, _consoles, TimeProvider.System, _host.Generation);
        VirtioDevices virtio = new(chassis, platform.Pci, _config.Transport, _log, _host) { DisksAreHeldElsewhere = _origin?.DisksAreHeldElsewhere ?? false };
        virtio.Add(_config, _consoles);

        CpuState? entry = images is null ? null : LoadKernel(images, ram.Memory, factory.Topology, virtio.MmioSlots);
        (KvmVcpu[] vcpus, VirtualMachine machine) = CreateVcpus(factory, chassis, entry, end, pinning);
        MicroVm built = new(kvm, vm, ram, chassis, machine) { Vcpus = vcpus, Platform = platform, Virtio = virtio.All, Disks = virtio.Disks };
        _origin?.Restore(built);
        return built;
    }

    private CpuState LoadKernel(KernelImages images, GuestMemory memory, ProcessorTopology topology, IReadOnlyList<VirtioMmioSlot> mmio) => BootLoader.Load(new BootRequest
    {
        Kernel = images.Kernel,
        Initrd = images.Initrd,
        Modules = images.Modules,
        CommandLine = _config.Cmdline ?? "",
        Protocol = images.Protocol,
        Rsdp = FirmwareTables.Write(memory, topology, mmio),
    }, memory).Cpu;

    private static KvmVm CreateVm(KvmSystem kvm, GuestMemory memory)
    {
        KvmVm vm = kvm.CreateVm();
        try
        {
            for (int slot = 0; slot < memory.Regions.Length; slot++)
                vm.SetMemory((uint)slot, memory.Regions[slot]);
            vm.ReserveIntelPages();
            vm.CreateIrqChip();
            vm.CreatePit();
            return vm;
        }
        catch
        {
            vm.Dispose();
            throw;
        }
    }

    /// <summary>Makes the vCPUs; the registers of the first are set when there is a kernel to enter, and restored later otherwise.</summary>
    private (KvmVcpu[] Vcpus, VirtualMachine Machine) CreateVcpus(VcpuFactory factory, Chassis chassis, CpuState? entry, MachineEnd end, VcpuPinning? pinning)
    {
        int count = factory.Topology.Count;
        var vcpus = new KvmVcpu[count];
        var dispatchers = new ExitDispatcher[count];
        CrashReporter crash = new(chassis.Memory);
        for (int i = 0; i < count; i++)
        {
            vcpus[i] = Keep(factory.Create(i));
            dispatchers[i] = new ExitDispatcher(chassis.Ports, chassis.Registers, crash, clock: ExitClock.Of(vcpus[i].GetTscKhz()));
        }
        // The others wait for INIT and SIPI, as KVM starts them.
        if (entry is { } state)
            VcpuRegisters.Load(vcpus[0], state);
        // Its threads may wait already when the rest of it does not come.
        return (vcpus, Keep(new VirtualMachine(vcpus, dispatchers, end, pinning) { PreservesCrash = _config.OnCrash == CrashPolicy.Preserve }));
    }

    private T Keep<T>(T part) where T : IDisposable
    {
        _undo.Push(part);
        return part;
    }
}
