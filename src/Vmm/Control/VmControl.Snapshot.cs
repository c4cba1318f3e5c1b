using Vmm.Host;
using Vmm.Machine.Config;
using Vmm.Snapshot;

namespace Vmm.Control;

/// <content>Snapshots.</content>
internal sealed partial class VmControl
{
    /// <summary>Describes the VM and lets it go on where a snapshot was taken; it is held when its origin says so.</summary>
    /// <param name="config">Resolved.</param>
    /// <param name="origin">The snapshot, opened for this description.</param>
    /// <exception cref="VmmException">It cannot be built: there is no VM, as before.</exception>
    public void Restore(MachineConfig config, SnapshotOrigin origin)
    {
        lock (_commands)
        {
            bool created = false;
            try
            {
                Check(VmCommand.Restore);
                Create(config);
                created = true;
                Boot(origin);
            }
            catch
            {
                origin.Dispose();
                // Not one that was there before.
                if (created && State == VmState.Created)
                    Delete();
                throw;
            }
        }
    }

    /// <summary>Freezes the guest to disk, and lets it go on as it was.</summary>
    /// <param name="request">How.</param>
    /// <param name="isUnwanted">Whether nobody wants it any more; null for one that is wanted.</param>
    /// <exception cref="VmmException">It cannot be done, or was given up: nothing is left of it.</exception>
    public SnapshotReport TakeSnapshot(SnapshotRequest request, Func<bool>? isUnwanted = null) => OnMachine(VmCommand.Snapshot, vm =>
    {
        Events.Publish("vm", "snapshotting", ("path", request.Path));
        try
        {
            SnapshotReport report = SnapshotTaker.Take(vm, ConfigOf(vm) with { Gdb = null }, request, () => StopIfUnwanted(vm, "snapshot", isUnwanted));
            Events.Publish("vm", "snapshotted", ("path", request.Path), ("id", report.Id.ToString()));
            _life.Snapshotted(request.Path, report.PausedMicroseconds / 1000, report.TotalMicroseconds / 1000);
            return report;
        }
        catch (Exception refused) when (refused is VmmException or HostException)
        {
            Events.Publish("vm", "snapshot-failed", ("path", request.Path), ("reason", refused.Message));
            throw;
        }
    });
}
