using Vmm.Guest.Boot;
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
    private readonly Stack<IDisposable> _undo = new();

    private MachineBuilder(MachineConfig config, MachineConsoles consoles, DeviceLog? log) => (_config, _consoles, _log) = (config, consoles, log);

    /// <summary>Builds the machine.</summary>
    /// <param name="config">As <see cref="MachineConfigResolver"/> completed it.</param>
    /// <param name="consoles">Where its character devices print to.</param>
    /// <param name="log">Told when a driver breaks a device's rules; null when nobody wants to know.</param>
    /// <exception cref="VmmException">The host, a file or an image does not allow it; nothing is left behind.</exception>
    public static MicroVm Build(MachineConfig config, MachineConsoles consoles, DeviceLog? log = null)
    {
        MachineBuilder builder = new(config, consoles, log);
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
                HostException host => new VmmException($"the machine cannot be built: {host.Message}{Remedy(host.Errno)}", cause: host),
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
        using KernelImages images = new(_config);
        KvmSystem kvm = Keep(KvmSystem.Open());
        KvmRequirements.Check(kvm, _config.Cpus.Topology.Count);
        GuestRam ram = Keep(GuestRam.Create(_config.Memory.Size.Bytes, _config.Memory.Shared, _config.Memory.Hugepages, _config.Memory.Prefault));
        KvmVm vm = Keep(CreateVm(kvm, ram.Memory));

        VcpuFactory factory = new(kvm, vm, _config);
        MachineEnd end = new();
        Chassis chassis = Keep(new Chassis(vm, ram, end));
        PlatformDevices platform = new(chassis, _consoles, TimeProvider.System);
        VirtioDevices virtio = new(chassis, platform.Pci, _config.Transport, _log);
        virtio.Add(_config, _consoles);

        GuestAddress rsdp = FirmwareTables.Write(ram.Memory, factory.Topology, virtio.MmioSlots);
        BootPlan boot = BootLoader.Load(new BootRequest
        {
            Kernel = images.Kernel,
            Initrd = images.Initrd,
            Modules = images.Modules,
            CommandLine = _config.Cmdline ?? "",
            Protocol = images.Protocol,
            Rsdp = rsdp,
        }, ram.Memory);

        VirtualMachine machine = CreateVcpus(factory, chassis, boot, end, pinning);
        return new MicroVm(kvm, vm, ram, chassis, machine) { Boot = boot, Platform = platform, Virtio = virtio.All };
    }

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

    private VirtualMachine CreateVcpus(VcpuFactory factory, Chassis chassis, BootPlan boot, MachineEnd end, VcpuPinning? pinning)
    {
        int count = factory.Topology.Count;
        var vcpus = new KvmVcpu[count];
        var dispatchers = new ExitDispatcher[count];
        CrashReporter crash = new(chassis.Memory);
        for (int i = 0; i < count; i++)
        {
            vcpus[i] = Keep(factory.Create(i));
            dispatchers[i] = new ExitDispatcher(chassis.Ports, chassis.Registers, crash);
        }
        // The others wait for INIT and SIPI, as KVM starts them.
        VcpuRegisters.Load(vcpus[0], boot.Cpu);
        return new VirtualMachine(vcpus, dispatchers, end, pinning);
    }

    private T Keep<T>(T part) where T : IDisposable
    {
        _undo.Push(part);
        return part;
    }
}
