using Vmm.Devices.Virtio;
using Vmm.Host;
using Vmm.Kvm.State;
using Vmm.Machine;
using Vmm.Machine.Build;
using Vmm.Machine.Config;
using Vmm.Snapshot.Memory;
using Vmm.Snapshot.State;

namespace Vmm.Snapshot;

/// <summary>A machine's first start from a snapshot. All that can be checked without the machine is checked when this is made.</summary>
internal sealed class SnapshotOrigin : IMachineOrigin, IDisposable
{
    private readonly SnapshotChain _chain;
    private readonly SavedState _state;
    private readonly RestoreSettings _how;
    private readonly ManualResetEvent _ended = new(initialState: false);
    private PageServer? _server;
    private VirtualMachine? _machine;
    private Thread? _filling;

    private SnapshotOrigin(SnapshotChain chain, SavedState state, RestoreSettings how) => (_chain, _state, _how) = (chain, state, how);

    /// <inheritdoc/>
    public bool DisksAreHeldElsewhere => false;

    /// <inheritdoc/>
    public bool StartsPaused => _how.Paused;

    /// <summary>The snapshot's folder.</summary>
    public string Path => _chain.Folders[^1].Path;

    /// <summary>The snapshot's id.</summary>
    public Guid Id => Manifest.Id;

    private SnapshotManifest Manifest => _chain.Manifests[^1];

    /// <summary>Opens a snapshot for a machine of this description.</summary>
    /// <param name="how">The snapshot, and how it is brought back.</param>
    /// <param name="config">The machine's description, resolved.</param>
    /// <exception cref="VmmException">The snapshot is damaged, or this is no machine for it.</exception>
    public static SnapshotOrigin Open(RestoreSettings how, MachineConfig config)
    {
        SnapshotFolder folder = new(how.Path);
        (SnapshotManifest manifest, MachineConfig described) = how.Description ?? SnapshotDescription.Read(folder);
        SavedState state = folder.ReadState(manifest);
        SnapshotFit.Check(described, config);
        if (manifest.Memory.Size != config.Memory.Size.Bytes)
            throw new VmmException($"{folder.ManifestFile}: memory.size: {manifest.Memory.Size} bytes, and the machine has {config.Memory.Size.Bytes}");
        SnapshotDisks.Check(manifest.Disks, config, how.TrustDisks);
        return new SnapshotOrigin(SnapshotChain.Open(folder, newest: manifest), state, how);
    }

    /// <inheritdoc/>
    public GuestRam OpenRam(MachineConfig config)
    {
        MemoryConfig memory = config.Memory;
        switch (_how.Mode)
        {
            case RestoreMode.Demand:
                GuestRam ram = GuestRam.Create(_chain.Layers.Size, memory.Shared, memory.Hugepages);
                try
                {
                    _server = new PageServer(ram, _chain.Layers, fault => _machine?.End(new MachineOutcome(OutcomeKind.HostFault, Fault: fault)));
                    return ram;
                }
                catch
                {
                    ram.Dispose();
                    throw;
                }
            case RestoreMode.Lazy when RamLoader.CanMap(memory.Shared, memory.Hugepages) && !memory.Prefault:
                return RamLoader.Map(_chain.Layers);
            default:
                return RamLoader.Read(_chain.Layers, memory.Shared, memory.Hugepages, memory.Prefault);
        }
    }

    /// <inheritdoc/>
    public void Restore(MicroVm machine)
    {
        _machine = machine.Machine;
        if (Manifest.Cpu is { } cpu)
            ProcessorFit.Check(ProcessorFit.Read(cpu), machine.Offer);
        if (_how.Track)
            machine.Tracking.Begin(Manifest.Id);
        StateSections.Restore(_state, machine.Parts);
        // There may be others from this snapshot, and the one that it was taken of.
        machine.Platform.Generation.Renew();
        // Last: from here on they may raise interrupts.
        foreach (VirtioDeviceCore core in machine.Virtio)
            core.Resume();
    }

    /// <inheritdoc/>
    public void Started()
    {
        if (_server is not { } server)
        {
            Dispose();
            return;
        }
        _filling = new Thread(() => Fill(server), maxStackSize: 1 << 20) { Name = "restore", IsBackground = true };
        HostThread.Start(_filling);
    }

    /// <inheritdoc/>
    /// <remarks>A run may be over before all of its memory was there: what brings it ends before its RAM goes.</remarks>
    public void Ended()
    {
        _ended.Set();
        _filling?.Join();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _server?.Dispose();
        _chain.Dispose();
    }

    private void Fill(PageServer server)
    {
        try
        {
            server.Fill(_ended);
            WaitHandle.WaitAny([server.Completed, _ended]);
        }
        catch (Exception fault)
        {
            _machine?.End(new MachineOutcome(OutcomeKind.HostFault, Fault: fault));
            // Not before its vCPUs are gone: what they wait for would be zeros.
            _ended.WaitOne();
        }
        Dispose();
    }
}
