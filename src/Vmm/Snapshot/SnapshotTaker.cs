using System.Diagnostics;
using Vmm.Cli;
using Vmm.Devices.State;
using Vmm.Guest.Memory;
using Vmm.Host;
using Vmm.Kvm.State;
using Vmm.Machine.Build;
using Vmm.Machine.Config;
using Vmm.Snapshot.Memory;
using Vmm.Snapshot.State;

namespace Vmm.Snapshot;

/// <summary>Takes a snapshot of a machine that runs or is paused, and leaves it as it was.</summary>
/// <remarks>
/// <code>
///             held ┌─ state ─ memory, or what changed of it ─┐
/// running ─────────┘                                         └── goes on ── synced ── renamed into place
///        live: held ┌─ state ─ write-protected ─┐
/// running ──────────┘                           └── goes on, memory meanwhile ── synced ── renamed
/// </code>
/// </remarks>
internal sealed class SnapshotTaker
{
    private readonly MicroVm _vm;
    private readonly MachineConfig _config;
    private readonly SnapshotRequest _request;
    private readonly Action? _stopIfUnwanted;
    private readonly long _start = Stopwatch.GetTimestamp();

    private SnapshotTaker(MicroVm vm, MachineConfig config, SnapshotRequest request, Action? stopIfUnwanted) => (_vm, _config, _request, _stopIfUnwanted) = (vm, config, request, stopIfUnwanted);

    /// <summary>Takes it.</summary>
    /// <param name="vm">The machine; nobody else steers it meanwhile.</param>
    /// <param name="config">Its description as it is now.</param>
    /// <param name="request">How.</param>
    /// <param name="stopIfUnwanted">Called now and then; what it throws gives it up. Null for nothing.</param>
    /// <exception cref="VmmException">It cannot be taken, or was given up: nothing is left of it, and the guest goes on.</exception>
    public static SnapshotReport Take(MicroVm vm, MachineConfig config, SnapshotRequest request, Action? stopIfUnwanted = null) =>
        new SnapshotTaker(vm, config, request, stopIfUnwanted).Take();

    private SnapshotReport Take()
    {
        DressRehearsal.Begin();
        SnapshotParent? parent = FindParent();
        if (_request.Live && !LiveSave.Supports(_vm.Ram))
            throw new VmmException("--live: the machine's memory is mapped from a snapshot, which the kernel cannot write-protect: restore with --memory eager, or take the snapshot without --live");
        using NewSnapshot making = NewSnapshot.Begin(_request.Path, _request.Replace);
        using SafeFd fd = making.OpenMemory();
        SparseFile file = new(fd, making.Folder.MemoryFile);
        bool tracks = _request.Track || parent is not null;
        if (tracks)
            _vm.Tracking.Prepare();

        SavedState saved;
        DirtyBitmap? changed = null;
        MemoryFileSums sums;
        DateTimeOffset taken;
        IReadOnlyList<SnapshotDisk> disks;
        ProcessorRecord processor;
        byte[]? pages;
        TimeSpan paused;
        LiveSave? live = null;
        MemoryChunks.Prepare();
        DressRehearsal.Finish();
        try
        {
            using (HeldMachine held = HeldMachine.Hold(_vm))
            {
                taken = DateTimeOffset.UtcNow;
                disks = SnapshotDisks.Look(_config);
                saved = held.SaveState();
                processor = ProcessorFit.Of(_vm.Kvm, _vm.Vcpus[0]);
                if (tracks)
                    changed = _vm.Tracking.Harvest();
                DirtyBitmap? only = parent is null ? null : changed;
                if (_request.Live)
                    live = new LiveSave(_vm.Ram, file, only);
                sums = live is null ? MemoryFileWriter.Write(_vm.Ram, file, only, _ => _stopIfUnwanted?.Invoke()) : new([], 0);
                pages = only is null ? null : SnapshotMemory.Bytes(only);
                held.Release();
                paused = held.Elapsed;
            }
            sums = live?.Save(_ => _stopIfUnwanted?.Invoke()) ?? sums;
        }
        finally
        {
            live?.Dispose();
        }
        file.Sync();
        byte[] state = StateFile.Write(saved);
        making.Write(making.Folder.StateFile, state);
        SnapshotManifest manifest = new()
        {
            Id = Guid.NewGuid(),
            Name = _config.Name,
            TakenAt = taken,
            Vmm = VersionCommand.Current,
            Kind = parent is null ? SnapshotKind.Full : SnapshotKind.Incremental,
            Live = _request.Live,
            Frozen = _request.Frozen,
            Parent = parent,
            Config = StateJson.Write(AbsolutePaths.Of(_config), MachineConfigJson.Default.MachineConfig),
            Cpu = ProcessorFit.Write(processor),
            Memory = new SnapshotMemory(_vm.Ram.Length, FileTimes.Of(making.Folder.MemoryFile), MemoryChunks.Size, sums.ToBytes(), pages),
            State = SealedText.SumOf(state),
            Disks = disks,
            PausedMicroseconds = paused.TotalMicroseconds,
        };
        making.Write(making.Folder.ManifestFile, SnapshotFolder.Write(manifest));
        making.Commit();
        if (changed is not null)
            _vm.Tracking.Accept(manifest.Id, changed);
        return new SnapshotReport(manifest.Id, _request.Path, manifest.Kind, paused.TotalMicroseconds, Stopwatch.GetElapsedTime(_start).TotalMicroseconds, (long)sums.WrittenBytes);
    }

    private SnapshotParent? FindParent()
    {
        if (_request.Parent is not { } path)
            return null;
        SnapshotFolder parent = new(path);
        SnapshotManifest manifest = parent.ReadManifest();
        if (_vm.Tracking.Since != manifest.Id)
        {
            throw new VmmException(_vm.Tracking.Since is null
                ? $"'{_config.Name}' does not know what changed since '{path}': take the parent with --track, or restore it with --track, and without a restart or a migration since then"
                : $"'{path}' is not the last snapshot that was taken of '{_config.Name}': what changed is known since that one only");
        }
        SnapshotFolder place = new(_request.Path);
        if (SnapshotChain.FoldersOf(parent).FirstOrDefault(place.IsSameAs) is not null)
            throw new VmmException($"'{Printable.Escape(_request.Path)}' is a part of what the new snapshot builds upon, and cannot be replaced by it: name another folder");
        string beside = Path.GetDirectoryName(_request.Path) ?? "/";
        return new SnapshotParent(manifest.Id, Path.GetRelativePath(_request.Path, path) is var relative && Path.GetDirectoryName(path) == beside ? relative : path);
    }
}
