using Vmm.Control.Local;
using Vmm.Host;
using Vmm.Machine;
using Vmm.Machine.Config;
using Vmm.Migration;
using Vmm.Migration.Machines;
using Vmm.Migration.Protocol;
using Vmm.Migration.Sending;
using Vmm.Migration.Transport;

namespace Vmm.Control;

/// <content>Live migration. While one is under way every other command is a conflict, but the end of the process.</content>
internal sealed partial class VmControl
{
    /// <summary>What a migration opens besides its connections for memory: two more connections, and what the runtime's sockets need.</summary>
    private const int DescriptorsBesides = 16;

    private ActiveMigration? _migration;
    private MigrationReport? _lastMigration;
    private HandedOver? _handedOver;
    private MigratingMachine? _withoutDisks;

    /// <summary>How far the migration is that is under way; null when there is none.</summary>
    public MigrationProgress? Migration => Volatile.Read(ref _migration)?.Progress;

    /// <summary>The migration that the VM is part of, from here or to here; null when there is none.</summary>
    public MigrationStatus? MigrationStatus
    {
        get
        {
            if (Volatile.Read(ref _migration) is { } leaving)
                return MigrationStatus.Of(leaving);
            if (Volatile.Read(ref _handedOver) is { } there)
                return new(there.RunsThere ? MigrationStage.Cut : MigrationStage.Undecided, there.Destination, null);
            if (Run is not { Origin: MigrationOrigin origin } run)
                return null;
            if (run.IsArriving)
                return new(MigrationStage.Arriving, null, null);
            return origin.Following is { } following
                ? new(following.Phase == MigrationPhase.Recover ? MigrationStage.Waiting : MigrationStage.Arrived, origin.Place, following)
                : null;
        }
    }

    /// <summary>How the migration went that ended last, from here or to here; null when none has.</summary>
    public MigrationReport? LastMigration
    {
        get => Volatile.Read(ref _lastMigration);
        set => Volatile.Write(ref _lastMigration, value);
    }

    /// <summary>Migrates the guest, and ends its run here.</summary>
    /// <param name="request">Where to, and how.</param>
    /// <param name="connection">The connection, if one is handed over with the request; owned from now on.</param>
    /// <param name="moved">Told that it runs there, before its run here ends, and this process with it.</param>
    /// <exception cref="VmmException">It failed; the message says where the guest is.</exception>
    public void Migrate(MigrationRequest request, SafeFd? connection, Action<MigrationResult> moved)
    {
        using SafeFd? passed = connection;
        DescriptorLimit.Require(request.Options.Connections + DescriptorsBesides, "a migration");
        using MigrationRoute route = MigrationRoute.To(ParseDestination(request.Destination), request.Options, passed);
        MachineRun run;
        MachineConfig config;
        ActiveMigration migration;
        lock (_commands)
        {
            CheckRecovery(request);
            run = Run!;
            config = run.With(vm => Undebugged(VmCommand.Migrate, vm, ConfigOf)) with { Gdb = null };
            _migration = migration = new ActiveMigration(request.Destination);
        }
        try
        {
            Events.Publish("vm", request.Recover ? "migration-recovering" : "migrating", ("destination", request.Destination));
            using BorrowedMachine machine = run.Borrow();
            if (request.Recover)
                Recover(route, machine, request, migration, moved);
            else
                Send(route, machine, config, request, migration, moved);
        }
        finally
        {
            lock (_commands)
                _migration = null;
            migration.Dispose();
        }
    }

    /// <summary>Gives the migration up that is under way.</summary>
    /// <exception cref="VmmException">There is none, or it is too late.</exception>
    public void CancelMigration()
    {
        lock (_commands)
        {
            ActiveMigration migration = _migration ?? throw new VmmException($"'{_config?.Name}' is not being migrated");
            if (migration.Progress.Phase >= MigrationPhase.Started)
                throw new VmmException($"the guest runs at {migration.Destination} already, and the rest of its memory follows: that cannot be given up any more");
            migration.Cancel();
        }
    }

    /// <summary>Lets a guest go on here that may run elsewhere: its user knows that it does not.</summary>
    /// <exception cref="VmmException">A disk is somebody else's.</exception>
    private void TakeUndecidedBack(MigratingMachine guest)
    {
        guest.TakeBack();
        guest.StopLogging();
        guest.GoOn();
        guest.Dispose();
        _handedOver = null;
        Events.Publish("vm", "resumed");
        _life.Resumed();
    }

    /// <summary>Lets a guest go on whose disks were given away for a migration that failed.</summary>
    /// <exception cref="VmmException">A disk is still somebody else's; the guest is held as before.</exception>
    private void TakeDisksAgain(MigratingMachine guest)
    {
        guest.TakeBack();
        _withoutDisks = null;
        guest.GoOn();
        guest.Dispose();
        // One that its user had paused before is held still.
        if (State == VmState.Paused)
        {
            OnMachine(VmCommand.Resume, Resume);
            return;
        }
        Events.Publish("vm", "resumed");
        _life.Resumed();
    }

    private void Send(MigrationRoute route, BorrowedMachine machine, MachineConfig config, MigrationRequest request, ActiveMigration migration, Action<MigrationResult> moved)
    {
        MigratingMachine guest = new(machine.Vm, config);
        try
        {
            using MigrationSender sender = new(guest, route.Connect, request.Destination, request.Options)
            {
                Progressed = progress => migration.Progress = progress,
                RoundEnded = round => Events.PublishRound(request.Destination, round),
            };
            Leave(machine, guest, request, sender.Run(migration.Token), moved);
        }
        catch (CommitLostException lost)
        {
            _handedOver = new HandedOver(guest, request.Destination, lost.Ticket, RunsThere: false);
            OnMigrationFailed("migration-undecided", migration, lost);
            throw;
        }
        catch (PagesLostException lost)
        {
            OnPagesLost(guest, migration, lost);
            throw;
        }
        catch (DisksLostException lost)
        {
            _withoutDisks = guest;
            OnMigrationFailed("migration-failed", migration, lost);
            throw;
        }
        catch (Exception failed)
        {
            guest.Dispose();
            OnMigrationFailed("migration-failed", migration, failed);
            throw;
        }
    }

    /// <summary>Sends the rest of a guest's memory after it, which it waits for.</summary>
    private void Recover(MigrationRoute route, BorrowedMachine machine, MigrationRequest request, ActiveMigration migration, Action<MigrationResult> moved)
    {
        HandedOver there = _handedOver!;
        using MigrationRecovery recovery = new(there.Guest, route.Connect, request.Destination, there.Ticket!) { Progressed = progress => migration.Progress = progress };
        try
        {
            Leave(machine, there.Guest, request, recovery.Run(), moved);
        }
        catch (PagesLostException lost)
        {
            OnPagesLost(there.Guest, migration, lost);
            throw;
        }
        catch (VmmException failed)
        {
            OnMigrationFailed("migration-failed", migration, failed);
            throw;
        }
    }

    /// <summary>The guest is elsewhere with all that it has.</summary>
    private void Leave(BorrowedMachine machine, MigratingMachine guest, MigrationRequest request, MigrationResult result, Action<MigrationResult> moved)
    {
        LastMigration = MigrationReport.Of(request.Destination, result);
        Events.Publish("vm", "migrated", ("destination", request.Destination), ("downtime-ms", $"{result.DowntimeMilliseconds:0.0}"), ("total-ms", $"{result.TotalMilliseconds:0}"));
        _life.Migrated(request.Destination, result.DowntimeMilliseconds, result.TotalMilliseconds);
        guest.Dispose();
        _handedOver = null;
        moved(result);
        machine.Vm.Machine.End(new MachineOutcome(OutcomeKind.Migrated));
    }

    private void OnPagesLost(MigratingMachine guest, ActiveMigration migration, PagesLostException lost)
    {
        _handedOver = new HandedOver(guest, migration.Destination, lost.Ticket, RunsThere: true);
        OnMigrationFailed("migration-link-lost", migration, lost);
    }

    private void OnMigrationFailed(string what, ActiveMigration migration, Exception failed)
    {
        LastMigration = MigrationReport.Of(migration.Destination, failed, migration.Token.IsCancellationRequested, migration.Progress);
        Events.Publish("vm", what, ("destination", migration.Destination), ("reason", failed.Message));
        _life.MigrationFailed(failed);
    }

    /// <summary>A guest comes here.</summary>
    private void Announce(MigrationOrigin arriving)
    {
        arriving.Tells = (what, reason) => Events.Publish("vm", what, reason is null ? [] : [("reason", reason)]);
        Events.Publish("vm", "migration-arriving");
    }

    private void CheckRecovery(MigrationRequest request)
    {
        if (!request.Recover)
        {
            Check(VmCommand.Migrate);
            return;
        }
        VmLifecycle.Check(State, VmCommand.Migrate);
        if (_migration is not null)
            CheckMigration(State, VmCommand.Migrate);
        if (_handedOver?.Ticket is null)
            throw new VmmException($"'{_config?.Name}' has no migration to take up again: that is one whose link was lost after the guest had started there (--mode postcopy or hybrid)");
    }

    private static MigrationAddress ParseDestination(string text)
    {
        try
        {
            return MigrationAddress.Parse(text);
        }
        catch (FormatException wrong)
        {
            throw new VmmException(wrong.Message, ExitCodes.Usage, wrong);
        }
    }

    /// <summary>What a migration forbids.</summary>
    private void CheckMigration(VmState state, VmCommand command)
    {
        if (_migration is { } migration)
            throw new LifecycleConflictException(state, command, $"the VM is being migrated to {migration.Destination}; 'vmm migrate --cancel' gives that up");
        if (_withoutDisks is not null && state is (VmState.Running or VmState.Paused) && command is not (VmCommand.Resume or VmCommand.Shutdown or VmCommand.Delete))
            throw new LifecycleConflictException(state, command, "a disk of the VM was somebody else's when a migration failed, and it is held: 'vmm resume' takes the disks again and lets it go on");
        if (_handedOver is not { } there || state is not (VmState.Running or VmState.Paused) || command is VmCommand.Shutdown or VmCommand.Delete)
            return;
        throw new LifecycleConflictException(state, command, there.RunsThere
            ? $"the VM runs at {there.Destination}, and what it has not got of its memory is here: 'vmm migrate --recover' sends it; it never runs here again"
            : $"the VM was handed over to {there.Destination} and may run there: if it does not, 'vmm resume --force' lets it go on here; else {(there.Ticket is null ? "end it here" : "'vmm migrate --recover' sends the rest of its memory after it")}");
    }
}
