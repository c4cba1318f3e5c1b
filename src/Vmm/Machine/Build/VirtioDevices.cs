using Vmm.Devices.Doorbells;
using Vmm.Devices.Pci;
using Vmm.Devices.Virtio;
using Vmm.Devices.Virtio.Block;
using Vmm.Devices.Virtio.Console;
using Vmm.Devices.Virtio.Rng;
using Vmm.Devices.Virtio.Transport;
using Vmm.Host;
using Vmm.Logging;
using Vmm.Machine.Config;
using Vmm.Storage;

namespace Vmm.Machine.Build;

/// <summary>Makes the virtio devices that a configuration asks for and attaches each by the chosen transport.</summary>
/// <param name="chassis">What they are screwed to.</param>
/// <param name="pci">Where PCI functions go.</param>
/// <param name="transport">PCI or MMIO.</param>
/// <param name="log">Told when a driver breaks a device's rules; null when nobody wants to know.</param>
internal sealed class VirtioDevices(Chassis chassis, PciBus pci, VirtioTransport transport, DeviceLog? log)
{
    /// <summary>Until the terminal tells; a guest takes it as the default.</summary>
    private static readonly ConsoleSize s_unknownSize = new(0, 0);

    private readonly List<VirtioDeviceCore> _cores = [];
    private IDoorbellHost? _shared;

    /// <summary>The devices so far, in the order in which the guest finds them.</summary>
    public IReadOnlyList<VirtioDeviceCore> All => _cores;

    /// <summary>Where the devices are, on the MMIO transport; empty on PCI.</summary>
    public IReadOnlyList<VirtioMmioSlot> MmioSlots =>
        transport == VirtioTransport.Mmio ? [.. Enumerable.Range(0, _cores.Count).Select(VirtioMmioSlot.Of)] : [];

    /// <summary>The event thread of devices that never wait for the host.</summary>
    private IDoorbellHost Shared => _shared ??= chassis.EventThread("events");

    /// <summary>Makes and attaches them all: disks first, so that their names do not depend on other options.</summary>
    public void Add(MachineConfig config, MachineConsoles consoles)
    {
        for (int i = 0; i < config.Disk.Count; i++)
            AddDisk(config.Disk[i], $"_disk{i}");
        if (consoles.Virtio is { } output)
            Attach(new VirtioConsole("console0", output, s_unknownSize), Shared);
        if (config.Rng)
            Attach(new VirtioRng("rng0", new RandomSource()), Shared);
        if (transport == VirtioTransport.Pci)
            pci.AssignAddresses();
    }

    private void AddDisk(DiskConfig disk, string thread)
    {
        RawDiskOptions options = new(disk.Path) { ReadOnly = disk.Readonly, Direct = disk.Direct, Id = disk.Id };
        RawFileBackend backend = chassis.Own(RawFileBackend.Open(options, thread));
        VirtioDeviceCore core = Attach(new VirtioBlk(disk.Id!, backend), chassis.EventThread(thread));
        chassis.Own(new DiskAtRest(core));
    }

    private VirtioDeviceCore Attach(IVirtioDevice device, IDoorbellHost doorbells)
    {
        VirtioDeviceCore core = new(device, chassis.Memory, doorbells);
        if (log is not null)
            core.DriverFaulted = what => log.DriverFault(device.Name, what);
        int index = _cores.Count;
        _cores.Add(core);
        if (transport == VirtioTransport.Pci)
        {
            // Device 0 is the host bridge.
            pci.Add(index + 1, new VirtioPci(core, doorbells, chassis.Messages));
            return core;
        }
        VirtioMmioSlot slot = VirtioMmioSlot.Of(index);
        VirtioMmio registers = new(core, chassis.Edge(slot.Gsi), doorbells, slot.Address);
        chassis.AddRegisters(slot.Address.Value, VirtioMmio.Size, registers);
        return core;
    }
}
