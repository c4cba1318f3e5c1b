using Vmm.Consoles;
using Vmm.Control;
using Vmm.Guest.Memory;
using Vmm.Host;
using Vmm.Logging;
using Vmm.Machine;
using Vmm.Machine.Build;
using Vmm.Machine.Config;
using Vmm.Migration;
using Vmm.Migration.Machines;
using Vmm.Migration.Protocol;
using Vmm.Migration.Receiving;
using Vmm.Migration.Sending;
using Vmm.Migration.Transport;
using Vmm.Snapshot;
using Vmm.Snapshot.Memory;
using Vmm.Storage;
using Vmm.Tests.Kvm.Firmware;
using Xunit;

namespace Vmm.Tests.Kvm.Control;

/// <summary>A migration that fails after the disks' locks were given away, while a third process takes one.</summary>
public sealed class DisksLostTests : IDisposable
{
    private const ulong Ram = 4 << 20;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vmm-disks-lost-");
    private readonly VmmLog _log = new("test", [], TimeProvider.System);
    private readonly VmControl _control;

    public DisksLostTests() => _control = new VmControl(new EventHub(TimeProvider.System), _log);

    private string Image => PathOf("disk.img");

    private string PathOf(string file) => Path.Combine(_folder.FullName, file);

    public void Dispose()
    {
        _control.Dispose();
        _log.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    [Trait("Row", "76")]
    public void Guest_is_held_until_it_can_have_its_disks_again_and_then_has_them()
    {
        Boot(Image);

        using MigrationListener listener = MigrationAddress.Parse($"unix:{_folder.FullName}/m").Listen();
        using MigrationReceiver receiver = new(listener, TimeSpan.FromSeconds(60));
        using Thief thief = new(Image);
        Thread target = new(() => Record.Exception(() => receiver.Receive(receiver.WaitForOffer(), thief)));
        target.Start();
        Assert.Contains("resume it when that is free", Assert.Throws<DisksLostException>(() =>
            _control.Migrate(new MigrationRequest(listener.Place, new MigrationOptions()), connection: null, _ => { })).Message, StringComparison.Ordinal);
        target.Join();

        Assert.Equal(VmState.Paused, _control.State);
        Assert.Contains("in use", Assert.Throws<VmmException>(() => _control.Resume()).Message, StringComparison.Ordinal);
        Assert.Equal(VmState.Paused, _control.State);
        Assert.Contains("'vmm resume' takes the disks again", Assert.Throws<LifecycleConflictException>(() => _control.TakeSnapshot(new SnapshotRequest(Path.Combine(_folder.FullName, "s")))).Message, StringComparison.Ordinal);

        thief.LetGo();
        _control.Resume();
        Assert.Equal(VmState.Running, _control.State);
        Assert.Contains("in use", Assert.Throws<VmmException>(() => RawFileBackend.Open(new RawDiskOptions(Image), "_thief").Dispose()).Message, StringComparison.Ordinal);
        // Devices go on, too: only those that are at rest could not be brought to rest again.
        _control.TakeSnapshot(new SnapshotRequest(Path.Combine(_folder.FullName, "s")));
    }

    [Fact]
    [Trait("Row", "76")]
    public void Destination_that_cannot_have_the_second_disk_gives_the_first_one_back_before_the_source_hears()
    {
        MachineConfig config = Boot(Image, PathOf("other.img"));
        using MigrationListener listener = MigrationAddress.Parse($"unix:{PathOf("m")}").Listen();
        using MigrationReceiver receiver = new(listener, TimeSpan.FromSeconds(60));
        Exception? there = null;
        using ManualResetEventSlim heard = new();
        Thread target = new(() => there = Record.Exception(() => MachineBuilder.Build(config, new MachineConsoles(new NullSink(), null, new NullSink()), origin: new RobbedOrigin(receiver, PathOf("other.img"), heard)).Dispose())) { IsBackground = true };
        target.Start();
        VmmException failed = Assert.Throws<VmmException>(() => _control.Migrate(new MigrationRequest(listener.Place, new MigrationOptions()), connection: null, _ => { }));
        Assert.Contains("other.img': image is in use", failed.Message, StringComparison.Ordinal);
        Assert.Equal(VmState.Running, _control.State);
        // Only now is the machine there taken apart.
        heard.Set();
        target.Join();
        Assert.IsType<VmmException>(there);
        Assert.Contains("in use", Assert.Throws<VmmException>(() => RawFileBackend.Open(new RawDiskOptions(Image), "_thief").Dispose()).Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Row", "76")]
    public void Guest_that_is_ended_at_its_destination_before_it_runs_there_goes_on_here_with_its_disks()
    {
        MachineConfig config = Boot(Image);
        MigrationListener listener = MigrationAddress.Parse($"unix:{PathOf("m")}").Listen();
        using VmControl there = new(new EventHub(TimeProvider.System), _log);
        using MigrationReceiver receiver = new(listener, TimeSpan.FromSeconds(60))
        {
            PhaseReached = at =>
            {
                if (at == MigrationPhase.Started)
                    there.Stop();
            },
        };
        there.Create(config);
        Exception? ended = null;
        Thread target = new(() => ended = Record.Exception(() => there.Boot(new MigrationOrigin(receiver, receiver.WaitForOffer()))));
        target.Start();
        VmmException failed = Assert.Throws<VmmException>(() => _control.Migrate(new MigrationRequest(listener.Place, new MigrationOptions()), connection: null, _ => { }));
        target.Join();
        Assert.Contains("the guest was ended here before it ran", failed.Message, StringComparison.Ordinal);
        Assert.Equal("the guest's run was ended before it began", Assert.IsType<VmmException>(ended).Message);
        Assert.Equal(VmState.Running, _control.State);
        Assert.Equal(VmState.Shutdown, there.State);
        there.Delete();
        Assert.Contains("in use", Assert.Throws<VmmException>(() => RawFileBackend.Open(new RawDiskOptions(Image), "_thief").Dispose()).Message, StringComparison.Ordinal);
    }

    private MachineConfig Boot(params string[] images)
    {
        KvmDevice.Require();
        foreach (string image in images)
            File.WriteAllBytes(image, new byte[1 << 20]);
        MachineConfig config = MachineConfigResolver.Resolve(new()
        {
            Firmware = "monitor",
            Memory = new() { Size = new ByteSize(Ram) },
            Console = ConsoleTarget.Off,
            Rng = false,
            Disk = [.. images.Select((image, i) => new DiskConfig { Path = image, Id = $"disk{i}" })],
        });
        _control.Create(config);
        _control.Boot();
        return config;
    }

    /// <summary>A destination's machine, one of whose disks somebody else has at the moment when it takes them; who waits until the source has heard.</summary>
    private sealed class RobbedOrigin(MigrationReceiver receiver, string image, ManualResetEventSlim heard) : IMachineOrigin
    {
        public bool DisksAreHeldElsewhere => true;

        public bool StartsPaused => false;

        public GuestRam OpenRam(MachineConfig config) => GuestRam.Create(config.Memory.Size.Bytes);

        public void Restore(MicroVm machine)
        {
            try
            {
                receiver.Receive(receiver.WaitForOffer(), new Robbed(new IncomingMachine(machine), image));
            }
            finally
            {
                heard.Wait();
            }
        }

        public void Started()
        {
        }
    }

    private sealed class Robbed(IncomingMachine machine, string image) : IIncomingGuest
    {
        public nint Memory => machine.Memory;

        public ulong Length => machine.Length;

        public ulong PageSize => machine.PageSize;

        public void CheckPostCopy() => machine.CheckPostCopy();

        public PageServer Await(DirtyBitmap missing, IPageSource source) => machine.Await(missing, source);

        public void Restore(ReadOnlyMemory<byte> state) => machine.Restore(state);

        public void TakeDisks()
        {
            using RawFileBackend thief = RawFileBackend.Open(new RawDiskOptions(image), "_thief");
            machine.TakeDisks();
        }
    }

    /// <summary>A destination that has the disk taken away at the last moment.</summary>
    private sealed class Thief(string image) : IIncomingGuest, IDisposable
    {
        private readonly GuestRam _ram = GuestRam.Create(Ram);
        private RawFileBackend? _disk;

        public nint Memory => _ram.Start;

        public ulong Length => _ram.Length;

        public ulong PageSize => _ram.PageSize;

        public void CheckPostCopy()
        {
        }

        public PageServer Await(DirtyBitmap missing, IPageSource source) => throw new NotSupportedException();

        public void Restore(ReadOnlyMemory<byte> state)
        {
        }

        public void TakeDisks()
        {
            _disk = RawFileBackend.Open(new RawDiskOptions(image), "_thief");
            throw new VmmException("somebody was quicker");
        }

        public void LetGo() => _disk!.Dispose();

        public void Dispose()
        {
            _disk?.Dispose();
            _ram.Dispose();
        }
    }
}
