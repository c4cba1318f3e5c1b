using Vmm.Devices.Backends;
using Vmm.Devices.Doorbells;
using Vmm.Devices.Pci;
using Vmm.Devices.Virtio;
using Vmm.Devices.Virtio.Balloon;
using Vmm.Devices.Virtio.Block;
using Vmm.Devices.Virtio.Console;
using Vmm.Devices.Virtio.Rng;
using Vmm.Devices.Virtio.Spec;
using Vmm.Devices.Virtio.Transport;
using Vmm.Devices.Virtio.Vsock;
using Vmm.Host;
using Vmm.Logging;
using Vmm.Machine.Config;
using Vmm.Ports;
using Vmm.Storage;
using Vmm.Vsock;
using BalloonConfig = Vmm.Machine.Config.BalloonConfig;

namespace Vmm.Machine.Build;

/// <summary>Makes the virtio devices that a configuration asks for and attaches each by the chosen transport.</summary>
/// <param name="chassis">What they are screwed to.</param>
/// <param name="pci">Where PCI functions go.</param>
/// <param name="transport">PCI or MMIO.</param>
/// <param name="log">Told when a driver breaks a device's rules; null when nobody wants to know.</param>
/// <param name="host">What outlives the machine.</param>
internal sealed partial class VirtioDevices(Chassis chassis, PciBus pci, VirtioTransport transport, DeviceLog? log, HostEnds host)
{
    /// <summary>Until the terminal tells; a guest takes it as the default.</summary>
    private static readonly ConsoleSize s_unknownSize = new(0, 0);

    private readonly List<VirtioDeviceCore> _cores = [];
    private readonly List<RawFileBackend> _disks = [];
    private IDoorbellHost? _shared;

    /// <summary>The devices so far, in the order in which the guest finds them.</summary>
    public IReadOnlyList<VirtioDeviceCore> All => _cores;

    /// <summary>Whether another process still holds the disks' locks: they are opened without, and taken later.</summary>
    public bool DisksAreHeldElsewhere { get; init; }

    /// <summary>The disks' images, in the order of the description.</summary>
    public IReadOnlyList<RawFileBackend> Disks => _disks;

    /// <summary>Where the devices are, on the MMIO transport; empty on PCI.</summary>
    public IReadOnlyList<VirtioMmioSlot> MmioSlots =>
        transport == VirtioTransport.Mmio ? [.. Enumerable.Range(0, _cores.Count).Select(VirtioMmioSlot.Of)] : [];

    /// <summary>The event thread of devices that never wait for the host.</summary>
    private IDoorbellHost Shared => _shared ??= chassis.EventThread("events");

    /// <summary>Makes and attaches them all: disks first, so that their names do not depend on other options.</summary>
    public void Add(MachineConfig config, MachineConsoles consoles)
    {
        for (int i = 0; i < config.Disk.Count; i++)
            AddDisk(config.Disk[i], $"_disk{i}", config.Cpus.Count ?? 1);
        for (int i = 0; i < config.Net.Count; i++)
            AddNet(config.Net[i], i);
        if (consoles.Virtio is { } output)
            Attach(new VirtioConsole("console0", output, s_unknownSize), Shared);
        if (config.Rng)
            Attach(new VirtioRng("rng0", new RandomSource()), Shared);
        if (host.Vsock is { } listener)
            AddVsock(config.Vsock!, listener);
        if (config.Balloon is { } balloon)
            AddBalloon(balloon);
        if (consoles.Ports is { } ports)
            AddPorts(ports);
        if (transport == VirtioTransport.Pci)
            pci.AssignAddresses();
    }

    private void AddPorts(HostPorts ports) =>
        Attach(new VirtioPorts("ports0", [.. ports.All.Select(port => KeyValuePair.Create(port.Name, (IPortBackend)port))]), chassis.EventThread(ports.Loop));

    private void AddDisk(DiskConfig disk, string thread, int vcpus)
    {
        RawDiskOptions options = new(disk.Path) { ReadOnly = disk.Readonly, Direct = disk.Direct, Id = disk.Id, Engine = disk.Aio, LockLater = DisksAreHeldElsewhere };
        RawFileBackend backend = chassis.Own(RawFileBackend.Open(options, thread));
        _disks.Add(backend);
        if (log is not null)
            backend.Failed = (operation, errno) => DiskTrouble.Tell(log, disk.Id!, disk.Path, operation, errno);
        IDoorbellHost doorbells = chassis.EventThread(thread, out EventLoop loop);
        backend.RunOn(loop);
        BlockQueues queues = new(disk.QueuesFor(vcpus), (ushort)(disk.QueueSize ?? BlockQueues.DefaultSize));
        VirtioBlk device = new(disk.Id!, backend, queues) { Limit = disk.Limit?.ToLimit() ?? default };
        VirtioDeviceCore core = Attach(device, doorbells);
        chassis.Own(new DeviceAtRest(core));
    }

    private void AddVsock(VsockConfig vsock, VsockListener listener)
    {
        IDoorbellHost doorbells = chassis.EventThread("_vsock0", out EventLoop loop);
        VsockHost sockets = chassis.Own(new VsockHost(listener));
        VirtioVsock device = new(vsock.Id!, (ulong)vsock.Cid, sockets);
        Attach(device, doorbells);
        sockets.Start(device, loop);
    }

    /// <summary>A thread of its own: giving memory back takes milliseconds, for which a console should not wait.</summary>
    private void AddBalloon(BalloonConfig config)
    {
        BalloonOptions options = new()
        {
            TargetPages = (uint)(config.Size.Bytes / BalloonDevice.PageSize),
            DeflateOnOom = config.DeflateOnOom,
            FreePageReporting = config.FreePageReporting,
            StatisticsInterval = TimeSpan.FromSeconds(config.Stats ?? 0),
        };
        Attach(new VirtioBalloon("balloon0", new RamReleaser(chassis.Ram), TimeProvider.System, options), chassis.EventThread("_balloon0"));
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
