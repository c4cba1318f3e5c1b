using System.Text.Json;
using Vmm.Devices.State;
using Vmm.Guest.Memory;
using Vmm.Host;
using Vmm.Machine;
using Vmm.Machine.Config;
using Vmm.Snapshot;
using Vmm.Snapshot.Memory;
using Vmm.Snapshot.State;

namespace Vmm.Tests.Vmm.Snapshot;

/// <summary>Makes whole snapshots without KVM: RAM of the test's own, sections of parts that are none of a machine's.</summary>
internal sealed class SnapshotMaker : IDisposable
{
    public const ulong Page = DirtyBitmap.PageSize;

    /// <summary>RAM of three chunks.</summary>
    public const ulong Size = 3 << 20;

    public SnapshotMaker(string? root = null, Action<MachineConfig>? describe = null)
    {
        Root = root ?? Directory.CreateTempSubdirectory("vmm-snapshots-").FullName;
        MachineConfig config = new()
        {
            Name = "web",
            Firmware = "hello",
            Cpus = new CpuConfig { Count = 2 },
            Memory = new MemoryConfig { Size = new ByteSize(Size) },
            Console = ConsoleTarget.Off,
            Rng = false,
        };
        describe?.Invoke(config);
        Config = MachineConfigResolver.Resolve(config);
        Ram = GuestRam.Create(Size);
        Fill(0, 1);
        Fill(5, 2);
        Fill(600, 3);
    }

    public string Root { get; }

    public MachineConfig Config { get; }

    public GuestRam Ram { get; }

    /// <summary>The parts of the machine whose state is saved.</summary>
    public IReadOnlyList<IStateful> Parts { get; set; } = [new FakePart("a"), new FakePart("b")];

    /// <summary>Fills a page.</summary>
    public void Fill(ulong page, byte with)
    {
        byte[] content = new byte[Page];
        content.AsSpan().Fill(with);
        if (!Ram.Memory.TryWrite(new GuestAddress(page * Page), content))
            throw new ArgumentOutOfRangeException(nameof(page));
    }

    public string PathOf(string name) => Path.Combine(Root, name);

    /// <summary>Takes a snapshot of the RAM as it is.</summary>
    /// <param name="name">Its folder's.</param>
    /// <param name="parent">What it builds upon; null for a full one.</param>
    /// <param name="pages">With a parent: the pages it has.</param>
    /// <param name="replace">Whether it may take another's place.</param>
    /// <param name="change">What to write in place of the right manifest.</param>
    public SnapshotFolder Take(string name, SnapshotFolder? parent = null, ulong[]? pages = null, bool replace = false, Func<SnapshotManifest, SnapshotManifest>? change = null)
    {
        DirtyBitmap? only = parent is null ? null : new DirtyBitmap(Size);
        foreach (ulong page in pages ?? [])
            only!.Mark(page * Page, Page);
        using NewSnapshot making = NewSnapshot.Begin(PathOf(name), replace);
        MemoryFileSums sums;
        using (SafeFd fd = SafeFd.Own(Linux.open(making.Folder.MemoryFile, Linux.O_RDWR | Linux.O_CREAT | Linux.O_CLOEXEC, 0x180), "open"))
            sums = MemoryFileWriter.Write(Ram, new SparseFile(fd, making.Folder.MemoryFile), only);
        byte[] state = StateFile.Write(StateSections.Save(Parts));
        making.Write(making.Folder.StateFile, state);
        SnapshotManifest manifest = new()
        {
            Id = Guid.NewGuid(),
            Name = Config.Name,
            TakenAt = new DateTimeOffset(2026, 11, 25, 12, 0, 0, TimeSpan.Zero),
            Vmm = "0.1.0",
            Kind = parent is null ? SnapshotKind.Full : SnapshotKind.Incremental,
            Parent = parent is null ? null : new SnapshotParent(parent.ReadManifest().Id, Path.GetRelativePath(PathOf(name), parent.Path)),
            Config = JsonSerializer.SerializeToElement(Config, MachineConfigJson.Default.MachineConfig),
            Memory = new SnapshotMemory(Size, FileTimes.Of(making.Folder.MemoryFile), MemoryChunks.Size, sums.ToBytes(), only is null ? null : SnapshotMemory.Bytes(only)),
            State = SealedText.SumOf(state),
            Disks = SnapshotDisks.Look(Config),
        };
        making.Write(making.Folder.ManifestFile, SnapshotFolder.Write(change?.Invoke(manifest) ?? manifest));
        making.Commit();
        return new SnapshotFolder(PathOf(name));
    }

    /// <summary>Puts another manifest in the place of a snapshot's.</summary>
    public static void Rewrite(SnapshotFolder folder, Func<SnapshotManifest, SnapshotManifest> change) =>
        File.WriteAllBytes(folder.ManifestFile, SnapshotFolder.Write(change(folder.ReadManifest())));

    /// <summary>Does everything of a restore that needs no KVM.</summary>
    public void Open(SnapshotFolder folder) => new RestoreSettings(folder.Path).Open(Config).Dispose();

    /// <summary>The memory of a snapshot with all that it builds upon.</summary>
    public static byte[] MemoryOf(SnapshotFolder folder)
    {
        using SnapshotChain chain = SnapshotChain.Open(folder);
        byte[] content = new byte[chain.Layers.Size];
        chain.Layers.TryRead(0, content);
        return content;
    }

    /// <summary>The RAM as it is.</summary>
    public byte[] Content()
    {
        byte[] content = new byte[Size];
        return Ram.Memory.TryRead(GuestAddress.Zero, content) ? content : throw new InvalidOperationException("RAM cannot be read");
    }

    public void Dispose()
    {
        Ram.Dispose();
        Directory.Delete(Root, recursive: true);
    }

    private sealed class FakePart(string name) : IStateful
    {
        public string StateName => name;

        public int StateVersion => 1;

        public JsonElement SaveState() => JsonDocument.Parse("""{"level":7,"queue":[1,2]}""").RootElement;

        public void RestoreState(int version, JsonElement state)
        {
        }
    }
}
