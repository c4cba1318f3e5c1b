using Vmm.Control;
using Vmm.Guest.Memory;
using Vmm.Host;
using Vmm.Logging;
using Vmm.Machine;
using Vmm.Machine.Config;
using Vmm.Migration;
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

    private string Image => Path.Combine(_folder.FullName, "disk.img");

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
        KvmDevice.Require();
        File.WriteAllBytes(Image, new byte[1 << 20]);
        _control.Create(MachineConfigResolver.Resolve(new()
        {
            Firmware = "monitor",
            Memory = new() { Size = new ByteSize(Ram) },
            Console = ConsoleTarget.Off,
            Rng = false,
            Disk = [new() { Path = Image, Id = "disk0" }],
        }));
        _control.Boot();

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
