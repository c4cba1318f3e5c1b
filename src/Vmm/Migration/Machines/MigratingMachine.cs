using Vmm.Devices.State;
using Vmm.Guest.Memory;
using Vmm.Host;
using Vmm.Kvm.State;
using Vmm.Machine.Build;
using Vmm.Machine.Config;
using Vmm.Migration.Protocol;
using Vmm.Migration.Sending;
using Vmm.Snapshot;
using Vmm.Snapshot.Memory;
using Vmm.Snapshot.State;
using Vmm.Storage;

namespace Vmm.Migration.Machines;

/// <summary>A machine at the source.</summary>
/// <param name="vm">It is not taken apart before the migration is over.</param>
/// <param name="config">Its description as it is now.</param>
internal sealed class MigratingMachine(MicroVm vm, MachineConfig config) : IMigratingGuest, IDisposable
{
    private readonly VcpuThrottle _throttle = new(vm.Machine);
    private HeldMachine? _held;

    /// <inheritdoc/>
    public nint Memory => vm.Ram.Start;

    /// <inheritdoc/>
    public ulong Length => vm.Ram.Length;

    /// <inheritdoc/>
    public ulong PageSize => vm.Ram.PageSize;

    /// <inheritdoc/>
    public SafeFd? MemoryFile => vm.Ram.File;

    /// <inheritdoc/>
    public bool HasEnded => vm.Machine.State == Vmm.Machine.MachineState.Ended;

    /// <inheritdoc/>
    public OfferMessage Describe(MigrationOptions options)
    {
        if (vm.Ram.KeepsPages)
            throw new VmmException("the guest's memory is still being fetched from where it came from: try again when all is there");
        if (options.Local && vm.Ram.File is null)
            throw new VmmException("the guest's memory is this process's alone and cannot be handed over: start the VM with --memory …,shared=on, or migrate it by pre-copy");
        // While the destination builds its machine.
        DressRehearsal.Begin();
        return Offer(options);
    }

    private OfferMessage Offer(MigrationOptions options) => new()
    {
        Config = StateJson.Write(AbsolutePaths.Of(config), MachineConfigJson.Default.MachineConfig),
        Cpu = ProcessorFit.Write(ReadProcessor()),
        Memory = vm.Ram.Length,
        Page = PageMessage.PageSize,
        Connections = options.Connections,
        Zstd = options.Zstd,
        Paused = vm.Machine.State == Vmm.Machine.MachineState.Paused,
        PostCopy = options.MayPostCopy,
        Local = options.Local,
        Disks = SnapshotDisks.Look(config),
    };

    /// <summary>A vCPU tells nothing while it is in the guest, and one that is halted does not come by itself.</summary>
    private ProcessorRecord ReadProcessor()
    {
        ProcessorRecord? record = null;
        vm.Machine.HoldBriefly(() => record = ProcessorFit.Of(vm.Kvm, vm.Vcpus[0]));
        return record ?? ProcessorFit.Of(vm.Kvm, vm.Vcpus[0]);
    }

    /// <inheritdoc/>
    public void StartLogging()
    {
        DressRehearsal.Finish();
        // The log is ours alone from here on: the next snapshot after a migration that failed is a full one.
        vm.Tracking.End();
        vm.Dirty.Start();
    }

    /// <inheritdoc/>
    public void StopLogging() => vm.Dirty.Stop();

    /// <inheritdoc/>
    public void MarkContent(DirtyBitmap into) => into.Add(TouchedPages.Of(vm.Ram));

    /// <inheritdoc/>
    public void Harvest(DirtyBitmap into) => vm.Dirty.Harvest(into);

    /// <inheritdoc/>
    public void Throttle(int percent) => _throttle.Set(percent);

    /// <inheritdoc/>
    public void Hold()
    {
        _throttle.Set(0);
        // Memory that is handed over is not logged before.
        DressRehearsal.Finish();
        _held = HeldMachine.Hold(vm);
    }

    /// <inheritdoc/>
    public byte[] SaveState() => StateFile.WriteCompact(_held!.SaveState());

    /// <inheritdoc/>
    public void GiveUp()
    {
        foreach (RawFileBackend disk in vm.Disks)
            disk.Unlock();
    }

    /// <inheritdoc/>
    public void TakeBack()
    {
        foreach (RawFileBackend disk in vm.Disks)
            disk.Lock();
    }

    /// <inheritdoc/>
    public void GoOn() => _held?.Dispose();

    /// <inheritdoc/>
    public void Dispose() => _throttle.Dispose();
}
