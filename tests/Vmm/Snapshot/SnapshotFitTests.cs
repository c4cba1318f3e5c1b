using Vmm.Host;
using Vmm.Machine.Config;
using Vmm.Snapshot;
using Xunit;

namespace Vmm.Tests.Vmm.Snapshot;

/// <summary>Which machines can go on in another's place, and with which disks.</summary>
public sealed class SnapshotFitTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vmm-fit-").FullName;
    private readonly string _image;

    public SnapshotFitTests()
    {
        _image = Path.Combine(_folder, "disk.img");
        File.WriteAllBytes(_image, new byte[4096]);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_the_guest_does_not_see_may_differ()
    {
        MachineConfig other = Describe() with { Name = "other", Console = ConsoleTarget.Off, Reboot = RebootPolicy.Reset };
        other.Disk[0].Path = "/elsewhere";
        other.Net[0].Tap = "tap9";
        other.Port[0].Socket = "/tmp/s";
        SnapshotFit.Check(Describe(), other);
    }

    public static TheoryData<string> Fields => [.. s_changes.Keys];

    private static readonly Dictionary<string, Action<MachineConfig>> s_changes = new()
    {
        ["memory"] = m => m.Memory.Size = new ByteSize(64 << 20),
        ["cpus"] = m => m.Cpus = new CpuConfig { Count = 4 },
        ["cpu"] = m => m.Cpu = CpuModel.Parse("host,-avx"),
        ["transport"] = m => m.Transport = VirtioTransport.Mmio,
        ["rng"] = m => m.Rng = false,
        ["virtio-console"] = m => m.VirtioConsole = new ConsoleTarget(ConsoleKind.File, "/tmp/hvc"),
        ["the number of disks"] = m => m.Disk = [],
        ["disk[0].id"] = m => m.Disk[0].Id = "other",
        ["disk[0].readonly"] = m => m.Disk[0].Readonly = true,
        ["disk[0].queues"] = m => m.Disk[0].Queues = 1,
        ["disk[0].queue-size"] = m => m.Disk[0].QueueSize = 64,
        ["the number of network devices"] = m => m.Net = [],
        ["net[0].id"] = m => m.Net[0].Id = "other",
        ["net[0].queues"] = m => m.Net[0].Queues = 2,
        ["net[0].queue-size"] = m => m.Net[0].QueueSize = 64,
        ["net[0].mtu"] = m => m.Net[0].Mtu = 9000,
        ["vsock"] = m => m.Vsock = new VsockConfig { Cid = 3, Socket = "/tmp/v" },
        ["balloon"] = m => m.Balloon = new BalloonConfig(),
        ["the names of ports"] = m => m.Port = [],
    };

    [Theory, MemberData(nameof(Fields)), Trait("Row", "76")]
    public void Hardware_that_differs_is_named(string field)
    {
        VmmException refused = Assert.Throws<VmmException>(() => SnapshotFit.Check(Describe(), Describe(s_changes[field])));
        Assert.StartsWith($"{field}: the guest was frozen with ", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Disk_as_it_was_is_taken() => SnapshotDisks.Check(SnapshotDisks.Look(Describe()), Describe());

    [Fact]
    public void Disk_that_was_written_since_is_refused_and_a_copy_of_it_is_not()
    {
        IReadOnlyList<SnapshotDisk> saved = SnapshotDisks.Look(Describe());
        string copy = _image + ".copy";
        File.Copy(_image, copy);
        File.SetLastWriteTimeUtc(_image, DateTime.UnixEpoch);
        Assert.Contains("was written after the snapshot was taken", Refused(saved, Describe()), StringComparison.Ordinal);
        MachineConfig other = Describe();
        other.Disk[0].Path = copy;
        SnapshotDisks.Check(saved, other);
    }

    [Fact]
    public void Disk_of_another_size_a_missing_one_and_one_that_is_not_described_are_refused()
    {
        IReadOnlyList<SnapshotDisk> saved = SnapshotDisks.Look(Describe());
        Assert.Contains("the description has none", Refused(saved, Describe(m => m.Disk = [])), StringComparison.Ordinal);
        File.WriteAllBytes(_image, new byte[8192]);
        Assert.Contains("has 8192 bytes, and 4096 when", Refused(saved, Describe()), StringComparison.Ordinal);
        File.Delete(_image);
        Assert.Contains("there is no file", Refused(saved, Describe()), StringComparison.Ordinal);
    }

    private static string Refused(IReadOnlyList<SnapshotDisk> saved, MachineConfig config) => Assert.Throws<VmmException>(() => SnapshotDisks.Check(saved, config)).Message;

    private MachineConfig Describe(Action<MachineConfig>? change = null)
    {
        MachineConfig config = new()
        {
            Firmware = "hello",
            Cpus = new CpuConfig { Count = 2 },
            Memory = new MemoryConfig { Size = new ByteSize(32 << 20) },
            Disk = [new DiskConfig { Path = _image }],
            Net = [new NetConfig { Tap = "tap0" }],
            Port = [new PortConfig { Name = "a" }],
        };
        change?.Invoke(config);
        return MachineConfigResolver.Resolve(config);
    }
}
