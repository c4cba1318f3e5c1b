using Vmm.Guest.Memory;
using Vmm.Machine;
using Vmm.Machine.Build;
using Vmm.Machine.Config;
using Vmm.Migration;
using Vmm.Migration.Machines;
using Vmm.Migration.Receiving;
using Vmm.Migration.Sending;
using Vmm.Migration.Transport;
using Vmm.Snapshot;
using Vmm.Tests.Kvm.Firmware;
using Xunit;

namespace Vmm.Tests.Kvm.Moves;

/// <summary>
/// The guest <c>vigil</c>, which counts ticks and keeps a pattern on each vCPU, as whole machines of which one is the guest's at a
/// time: frozen to disk, brought back and migrated as <c>vmm snapshot</c>, <c>vmm restore</c> and <c>vmm migrate</c> do it, in one process.
/// </summary>
internal sealed class Traveller : IDisposable
{
    /// <summary>Pages of each vCPU's range.</summary>
    public const int Pages = 16;

    private const int GenerationIdSize = 16;
    private const ulong Mebibytes = 4;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly MachineConfig _config;
    private readonly Printed _printed = new();
    private MicroVm _vm;

    /// <summary>Starts one.</summary>
    /// <param name="vcpus">How many vCPUs it has.</param>
    /// <param name="shared">Whether its memory is a memfd.</param>
    public Traveller(int vcpus, bool shared = false)
    {
        KvmDevice.Require();
        _config = TinyMachine.Describe("vigil", $"hz=50 rate=4 pages={Pages} ticks=0", vcpus, shared, Mebibytes);
        _vm = MachineBuilder.Build(_config, new MachineConsoles(_printed, null, _printed));
        _vm.Machine.Start();
    }

    private Traveller(string path, string name, RestoreMode mode, bool track)
    {
        SnapshotFolder folder = new(path);
        _config = folder.ReadConfig(folder.ReadManifest()) with { Name = name };
        _vm = Restored(path, mode, _ => { }, track);
    }

    /// <summary>The machine that has the guest.</summary>
    public MicroVm Vm => _vm;

    private int Vcpus => _config.Cpus.Topology.Count;

    /// <summary>Another machine from a snapshot, beside all others.</summary>
    public static Traveller Clone(string path, string name, RestoreMode mode, bool track = false) => new(path, name, mode, track);

    /// <summary>Waits until every vCPU has had another tick.</summary>
    public void AwaitTicks()
    {
        ulong[] before = Ticks();
        bool Ticked() => Ticks().Zip(before).All(pair => pair.First > pair.Second);
        SpinWait.SpinUntil(() => Ticked() || _vm.Machine.State == MachineState.Ended, s_patience);
        Assert.True(_vm.Machine.State != MachineState.Ended && Ticked(), $"a tick of every vCPU did not come about after {string.Join(' ', before)}: {Told()}");
    }

    /// <summary>Waits until all of its memory is there and it may be frozen in any way.</summary>
    public void AwaitMemory()
    {
        SpinWait.SpinUntil(() => !_vm.Ram.KeepsPages, s_patience);
        Assert.False(_vm.Ram.KeepsPages);
    }

    /// <summary>Freezes it to disk.</summary>
    public SnapshotReport Take(SnapshotRequest request) => SnapshotTaker.Take(_vm, _config, request);

    /// <summary>Freezes it to disk, ends it there, and lets it go on from the snapshot.</summary>
    /// <param name="request">How it is frozen.</param>
    /// <param name="mode">How it is brought back.</param>
    /// <param name="held">Whether it is held for it, and not a byte may differ but the generation ID.</param>
    public void GoThrough(SnapshotRequest request, RestoreMode mode, bool held)
    {
        ulong[] before = Ticks();
        if (held)
            _vm.Machine.Pause();
        byte[]? memory = held ? Memory(_vm) : null;
        Take(request);
        ulong[] after = Ticks();
        _vm.Dispose();
        _vm = Restored(request.Path, mode, restored =>
        {
            byte[] now = Memory(restored);
            if (memory is not null)
                AssertSameButForGeneration(memory, now);
            ulong[] ticks = Ticks(restored);
            Assert.All(Enumerable.Range(0, Vcpus), i => Assert.InRange(ticks[i], before[i], after[i]));
            VigilMemory.Check(now, Vcpus, Pages);
        });
    }

    /// <summary>Migrates it while it runs. When the destination starts it, its memory is the source's, byte for byte.</summary>
    /// <param name="place">Where the destination waits.</param>
    /// <param name="options">How.</param>
    public MigrationResult Migrate(string place, MigrationOptions options)
    {
        ulong[] before = Ticks();
        MicroVm source = _vm;
        MicroVm? arrived = null;
        Exception? refused = null;
        MigrationListener listener = MigrationAddress.Parse(place).Listen();
        string where = listener.Place;
        using MigrationReceiver receiver = new(listener, options.Patience);
        void Look(MicroVm there)
        {
            byte[] memory = Memory(there);
            Assert.True(Memory(source).AsSpan().SequenceEqual(memory), "memory differs after the move");
            Assert.All(Ticks(there).Zip(before), pair => Assert.InRange(pair.First, pair.Second, ulong.MaxValue));
            VigilMemory.Check(memory, Vcpus, Pages);
        }
        Thread target = new(() => refused = Record.Exception(() => arrived = Received(receiver, Look))) { Name = "target" };
        target.Start();
        using MigratingMachine guest = new(source, _config);
        using MigrationSender sender = new(guest, MigrationAddress.Parse(where).Connect, where, options);
        MigrationResult? result = null;
        Exception? failed = Record.Exception(() => result = sender.Run(TestContext.Current.CancellationToken));
        if (failed is not null)
            receiver.Stop("test");
        target.Join();
        Assert.True(failed is null && refused is null, $"source: {failed}; destination: {refused}; {Told()}");
        source.Machine.End(new MachineOutcome(OutcomeKind.Migrated));
        source.Dispose();
        _vm = arrived!;
        return result!;
    }

    /// <summary>Holds it and looks whether it is as it must be.</summary>
    public void Check()
    {
        AwaitTicks();
        AwaitMemory();
        _vm.Machine.Pause();
        VigilMemory.Check(Memory(_vm), Vcpus, Pages);
        _vm.Machine.Resume();
    }

    /// <summary>How many ticks each vCPU has counted.</summary>
    public ulong[] Ticks() => Ticks(_vm);

    public void Dispose()
    {
        // Pages that are still to come would come to memory that is gone.
        if (_vm.Machine.State != MachineState.Ended)
            AwaitMemory();
        _vm.Dispose();
    }

    private MicroVm Restored(string path, RestoreMode mode, Action<MicroVm> restored, bool track = false)
    {
        SnapshotOrigin origin = new RestoreSettings(path) { Mode = mode, Track = track }.Open(_config);
        try
        {
            return Go(new WatchedOrigin(origin, restored));
        }
        catch
        {
            origin.Dispose();
            throw;
        }
    }

    private MicroVm Received(MigrationReceiver receiver, Action<MicroVm> restored)
    {
        try
        {
            return Go(new WatchedOrigin(new MigrationOrigin(receiver, receiver.WaitForOffer()), restored));
        }
        catch (Exception wrong)
        {
            receiver.Fail(wrong.Message);
            throw;
        }
    }

    private MicroVm Go(WatchedOrigin origin)
    {
        MicroVm vm = MachineBuilder.Build(_config, new MachineConsoles(_printed, null, _printed), origin: origin);
        vm.Machine.Start(origin.StartsPaused);
        origin.Started();
        return vm;
    }

    private string Told() => $"{_vm.Machine.State}{(_vm.Machine.State == MachineState.Ended ? $" ({_vm.Machine.WaitForEnd()})" : "")}; printed: {_printed.Text}";

    private ulong[] Ticks(MicroVm vm) => VigilMemory.Ticks(vm, Vcpus);

    private static byte[] Memory(MicroVm vm)
    {
        byte[] memory = new byte[vm.Ram.Length];
        Assert.True(vm.Ram.Memory.TryRead(GuestAddress.Zero, memory));
        return memory;
    }

    private static void AssertSameButForGeneration(byte[] saved, byte[] now)
    {
        int first = saved.AsSpan().CommonPrefixLength(now);
        int id = first & ~(GenerationIdSize - 1);
        Assert.True(first < saved.Length, "the generation ID is still the same");
        Assert.True(saved.AsSpan(id + GenerationIdSize).SequenceEqual(now.AsSpan(id + GenerationIdSize)), $"more differs than the generation ID at 0x{id:x}");
    }
}
