using System.Diagnostics;
using Vmm.Guest.Memory;
using Vmm.Machine.Config;
using Vmm.Migration;
using Vmm.Snapshot;
using Xunit;

namespace Vmm.Tests.Kvm.Moves;

/// <summary>A guest that goes on and on from machine to machine, by snapshot and by migration, with every tick and every page accounted for.</summary>
[Trait("Lab", "too-slow")]
public sealed class JourneyTests : IDisposable
{
    /// <summary>A move takes some 50 ms. Where it takes ten times that, for KVM is emulated, a test goes no further than in this time.</summary>
    private static readonly TimeSpan s_longEnough = TimeSpan.FromSeconds(20);

    private static readonly string[] s_ways = ["held, lazy", "tcp", "full, eager", "unix", "incremental, demand", "zstd", "live, lazy", "connections", "live incremental, eager"];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vmm-journey-");
    private int _snapshots;

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(1, 100)]
    [InlineData(4, 27)]
    [InlineData(16, 9)]
    public void Guest_that_is_frozen_brought_back_and_migrated_in_every_way_loses_no_tick_and_no_page(int vcpus, int moves)
    {
        using Traveller guest = new(vcpus);
        long start = Stopwatch.GetTimestamp();
        int done = 0;
        for (; done < moves && (done < s_ways.Length || Stopwatch.GetElapsedTime(start) < s_longEnough); done++)
        {
            guest.AwaitTicks();
            Move(guest, s_ways[done % s_ways.Length]);
        }
        guest.Check();
        TestContext.Current.TestOutputHelper?.WriteLine($"{done} moves with {vcpus} vCPUs in {Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s; ticks: {string.Join(' ', guest.Ticks())}");
    }

    [Theory]
    [InlineData("lazy")]
    [InlineData("eager")]
    [InlineData("demand")]
    public void Ten_clones_of_one_snapshot_go_on_beside_each_other_and_each_knows_that_it_is_one(string word)
    {
        RestoreMode mode = Word.Parse<RestoreMode>(word);
        using Traveller origin = new(2);
        origin.AwaitTicks();
        SnapshotRequest request = Next();
        origin.Take(request);
        List<Traveller> clones = [];
        try
        {
            for (int i = 0; i < 10; i++)
                clones.Add(Traveller.Clone(request.Path, $"clone{i}", mode));
            Assert.All(clones.Append(origin), guest => guest.Check());
            Assert.Equal(11, clones.Append(origin).Select(guest => guest.Vm.Platform.Generation.Value).Distinct().Count());
        }
        finally
        {
            foreach (Traveller clone in clones)
                clone.Dispose();
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Chain_of_incremental_snapshots_has_the_memory_of_its_last_moment(bool shared)
    {
        using Traveller guest = new(2, shared);
        SnapshotRequest last = Next() with { Track = true };
        guest.Take(last);
        for (int i = 0; i < 5; i++)
        {
            guest.AwaitTicks();
            SnapshotRequest next = Next() with { Parent = last.Path, Live = i % 2 == 1 };
            guest.Take(next);
            last = next;
        }
        using SnapshotChain chain = SnapshotChain.Open(new SnapshotFolder(last.Path), verify: true);
        byte[] memory = new byte[chain.Layers.Size];
        Assert.True(chain.Layers.TryRead(0, memory));
        VigilMemory.Check(memory, 2, Traveller.Pages);
        Assert.Equal(6, chain.Folders.Count);
        // The whole guest is 32 pages, records and tables: an increment has what was written, and no more.
        Assert.True(chain.Manifests[^1].Memory.TryReadPages()!.Count() < (ulong)memory.Length / DirtyBitmap.PageSize / 4);
        foreach (RestoreMode mode in Enum.GetValues<RestoreMode>())
        {
            using Traveller clone = Traveller.Clone(last.Path, "clone", mode);
            clone.Check();
        }
    }

    private void Move(Traveller guest, string way)
    {
        MigrationOptions options = new() { Downtime = TimeSpan.FromMilliseconds(20) };
        switch (way)
        {
            case "tcp":
                guest.Migrate("tcp:127.0.0.1:0", options);
                break;
            case "unix":
                guest.Migrate($"unix:{_folder.FullName}/m", options);
                break;
            case "zstd":
                guest.Migrate("tcp:127.0.0.1:0", options with { Zstd = true });
                break;
            case "connections":
                guest.Migrate("tcp:127.0.0.1:0", options with { Connections = 4 });
                break;
            default:
                string[] parts = way.Split(", ");
                SnapshotRequest request = Next() with { Live = parts[0].StartsWith("live", StringComparison.Ordinal) };
                if (parts[0].EndsWith("incremental", StringComparison.Ordinal))
                {
                    guest.Take(request with { Live = false, Track = true });
                    guest.AwaitTicks();
                    request = Next() with { Parent = request.Path, Live = request.Live };
                }
                guest.GoThrough(request, Word.Parse<RestoreMode>(parts[1]), held: parts[0] == "held");
                guest.AwaitMemory();
                break;
        }
    }

    private SnapshotRequest Next() => new(Path.Combine(_folder.FullName, $"{_snapshots++}"));
}
