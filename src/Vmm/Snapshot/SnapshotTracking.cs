using Vmm.Guest.Memory;
using Vmm.Machine;
using Vmm.Machine.Dirty;

namespace Vmm.Snapshot;

/// <summary>What changed in a machine's memory since a snapshot was taken of it: what the next one need have of its own.</summary>
internal sealed class SnapshotTracking
{
    private readonly DirtyLog _log;
    private readonly GuestRam _ram;
    private DirtyBitmap? _since;

    /// <summary>Makes one that tracks nothing.</summary>
    /// <param name="log">Who writes what; nobody else harvests it while this tracks.</param>
    /// <param name="ram">The machine's memory.</param>
    public SnapshotTracking(DirtyLog log, GuestRam ram) => (_log, _ram) = (log, ram);

    /// <summary>The snapshot since which changes are known; null when none are.</summary>
    public Guid? Since { get; private set; }

    /// <summary>Watches what changes in memory that is as it was when a snapshot was taken. Before anything is done to it.</summary>
    /// <param name="snapshot">Its id.</param>
    public void Begin(Guid snapshot)
    {
        Prepare();
        Since = snapshot;
    }

    /// <summary>Begins to log, if nothing is logged yet. Before the machine is held: it takes some 10 ms.</summary>
    public void Prepare() => _log.Start();

    /// <summary>The pages that changed since <see cref="Since"/>. The machine is held. They stay known until the next snapshot is <see cref="Accept">accepted</see>.</summary>
    public DirtyBitmap Harvest()
    {
        _since ??= new DirtyBitmap(_ram.Length);
        _log.Harvest(_since);
        return _since;
    }

    /// <summary>A snapshot is safe on disk: what changes from the moment on at which it was taken is known.</summary>
    /// <param name="snapshot">Its id.</param>
    /// <param name="pages">What <see cref="Harvest"/> gave at that moment.</param>
    public void Accept(Guid snapshot, DirtyBitmap pages)
    {
        if (pages == _since)
            _since = new DirtyBitmap(_ram.Length);
        Since = snapshot;
    }

    /// <summary>Forgets what changed, and logs no more.</summary>
    public void End()
    {
        Since = null;
        _since = null;
        _log.Stop();
    }
}
