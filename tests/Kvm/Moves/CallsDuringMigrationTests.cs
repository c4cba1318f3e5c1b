using Vmm.Api;
using Vmm.Consoles;
using Vmm.Control;
using Vmm.Coredump;
using Vmm.Host;
using Vmm.Inspect;
using Vmm.Logging;
using Vmm.Machine.Build;
using Vmm.Machine.Config;
using Vmm.Migration;
using Vmm.Migration.Machines;
using Vmm.Migration.Protocol;
using Vmm.Migration.Receiving;
using Vmm.Migration.Transport;
using Vmm.Snapshot;
using Vmm.Tests.Kvm.Firmware;
using Vmm.Trace;
using Vmm.Trace.Recording;
using Xunit;

namespace Vmm.Tests.Kvm.Moves;

/// <summary>What is asked of a VM while it is being migrated, at each of the destination's phases up to the hand-over.</summary>
public sealed class CallsDuringMigrationTests : IDisposable
{
    private const int Conflict = 409;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vmm-calls-");
    private readonly VmmLog _log = new("test", [], TimeProvider.System);
    private readonly VmControl _control;
    private readonly MachineConfig _config;

    public CallsDuringMigrationTests()
    {
        KvmDevice.Require();
        _control = new VmControl(new EventHub(TimeProvider.System), _log);
        _config = MachineConfigResolver.Resolve(new()
        {
            Name = "moving",
            Firmware = "vigil",
            Cmdline = "ticks=0",
            Cpus = new CpuConfig { Count = 2 },
            Memory = new MemoryConfig { Size = new ByteSize(4 << 20) },
            Console = ConsoleTarget.Off,
            Rng = false,
        });
        _control.Create(_config);
        _control.Boot();
    }

    /// <summary>All in which the source still has a say.</summary>
    public static TheoryData<string> Phases => [.. Enum.GetValues<MigrationPhase>().Where(phase => phase <= MigrationPhase.Commit && phase is not (MigrationPhase.LastRound or MigrationPhase.Missing)).Select(phase => phase.ToString())];

    public void Dispose()
    {
        _control.Dispose();
        _log.Dispose();
        _folder.Delete(recursive: true);
    }

    [Theory]
    [MemberData(nameof(Phases))]
    [Trait("Row", "83")]
    public void Every_other_command_is_a_conflict_until_the_migration_is_cancelled_and_possible_again_then(string phase)
    {
        using ManualResetEventSlim reached = new();
        using ManualResetEventSlim goOn = new();
        MigrationListener listener = MigrationAddress.Parse($"unix:{_folder.FullName}/m").Listen();
        using MigrationReceiver receiver = new(listener, s_patience)
        {
            PhaseReached = at =>
            {
                if (at != Enum.Parse<MigrationPhase>(phase))
                    return;
                reached.Set();
                goOn.Wait();
            },
        };
        Exception? there = null;
        Exception? here = null;
        Thread target = new(() => there = Record.Exception(() => Receive(receiver)));
        Thread source = new(() => here = Record.Exception(() => _control.Migrate(new MigrationRequest(listener.Place, new MigrationOptions { Patience = 10 * s_patience }), connection: null, _ => { })));
        target.Start();
        source.Start();
        try
        {
            Assert.True(reached.Wait(s_patience, TestContext.Current.CancellationToken));
            SpinWait.SpinUntil(() => _control.Migration is not null, s_patience);
            Assert.All(Enum.GetValues<VmCommand>(), AssertConflict);
            Assert.Equal(Conflict, ConflictStatus.Of(Assert.Throws<LifecycleConflictException>(() => _control.Limit("disk0", null))));
            // Who only asks is answered.
            Assert.Contains(_control.State, (VmState[])[VmState.Running, VmState.Paused]);
            Assert.Equal("moving", _control.ConfigNow!.Name);
            Assert.NotNull(_control.Run!.ReadMetrics());
            _control.CancelMigration();
        }
        finally
        {
            goOn.Set();
            if (_control.Migration is not null)
                Record.Exception(_control.CancelMigration);
            target.Join();
            source.Join();
        }
        Assert.Contains("cancelled; the guest stays here", Assert.IsType<VmmException>(here).Message, StringComparison.Ordinal);
        Assert.NotNull(there);
        Assert.Null(_control.Migration);
        Assert.Contains("is not being migrated", Assert.Throws<VmmException>(_control.CancelMigration).Message, StringComparison.Ordinal);
        Assert.Equal(VmState.Running, _control.State);
        _control.Pause();
        _control.TakeSnapshot(new SnapshotRequest(Path.Combine(_folder.FullName, "s")));
        _control.Resume();
        _control.Shutdown();
    }

    [Fact]
    public void Guest_is_arriving_at_its_destination_until_it_runs_there()
    {
        MigrationListener listener = MigrationAddress.Parse($"unix:{_folder.FullName}/m").Listen();
        using VmControl there = new(new EventHub(TimeProvider.System), _log);
        bool? arriving = null;
        using MigrationReceiver receiver = new(listener, s_patience)
        {
            PhaseReached = at =>
            {
                if (at == MigrationPhase.State)
                    arriving = there.Run!.IsArriving;
            },
        };
        there.Create(_config);
        Thread target = new(() => there.Boot(new MigrationOrigin(receiver, receiver.WaitForOffer())));
        target.Start();
        _control.Migrate(new MigrationRequest(listener.Place, new MigrationOptions { Patience = 10 * s_patience }), connection: null, _ => { });
        target.Join();
        Assert.True(arriving);
        Assert.False(there.Run!.IsArriving);
        Assert.Equal(VmState.Running, there.State);
    }

    private void AssertConflict(VmCommand command)
    {
        SnapshotRequest request = new(Path.Combine(_folder.FullName, "s"));
        Action call = command switch
        {
            VmCommand.Create => () => _control.Create(_config),
            VmCommand.Boot => () => _control.Boot(),
            VmCommand.Pause => () => _control.Pause(),
            VmCommand.Resume => () => _control.Resume(),
            VmCommand.PowerButton => _control.PowerButton,
            VmCommand.Nmi => _control.Nmi,
            VmCommand.Link => () => _control.SetLink(null, NetLink.Down),
            VmCommand.Resize => () => _control.ResizeBalloon(new ByteSize(0)),
            VmCommand.RenewGeneration => () => _control.RenewGeneration(),
            VmCommand.Snapshot => () => _control.TakeSnapshot(request),
            VmCommand.Inspect => () => _control.Inspect(new InspectRequest(InspectTopic.Registers)),
            VmCommand.Coredump => () => _control.TakeCoredump(new CoredumpRequest(Path.Combine(_folder.FullName, "core"))),
            VmCommand.Trace => () => _control.Trace(new TraceRequest(new ExitFilter()), new StreamSink(Stream.Null), _ => true),
            // Refused before there is anything to open.
            VmCommand.Restore => () => VmLifecycle.Check(_control.State, command),
            VmCommand.Migrate => () => _control.Migrate(new MigrationRequest("unix:/nowhere", new MigrationOptions()), connection: null, _ => { }),
            VmCommand.Reboot => _control.Reboot,
            VmCommand.Shutdown => _control.Shutdown,
            VmCommand.Delete => _control.Delete,
            _ => throw new ArgumentOutOfRangeException(nameof(command), command, "is no command of this test's"),
        };
        LifecycleConflictException refused = Assert.Throws<LifecycleConflictException>(call);
        // Pausing a VM that is held for the hand-over is impossible for that alone, and a running one is not resumed.
        if (refused.IsBusy)
            Assert.Contains("is being migrated to unix:", refused.Message, StringComparison.Ordinal);
        Assert.True(refused.IsBusy || command is VmCommand.Create or VmCommand.Boot or VmCommand.Restore or VmCommand.Resume || _control.State == VmState.Paused, refused.Message);
        Assert.False(Directory.Exists(request.Path));
    }

    private void Receive(MigrationReceiver receiver)
    {
        try
        {
            MigrationOrigin origin = new(receiver, receiver.WaitForOffer());
            MachineBuilder.Build(_config, new MachineConsoles(new NullSink(), null, new NullSink()), origin: origin).Dispose();
        }
        catch (Exception refused)
        {
            receiver.Fail(refused.Message);
            throw;
        }
    }
}
