using System.Runtime.CompilerServices;
using Vmm.Host;
using Vmm.Kvm.State;
using Vmm.Snapshot;
using Vmm.Tests.Kvm.Firmware;
using Xunit;
using ZstdSharp;

namespace Vmm.Tests.Kvm.Moves;

/// <summary>
/// Whole snapshots as each released version wrote them, in <c>tests/Kvm/Golden</c>: the guest <c>vigil</c> with 2 vCPUs. They stay readable.
/// Git keeps no holes, so that <c>memory</c> is there compressed.
/// </summary>
public sealed class GoldenSnapshotTests : IDisposable
{
    private const int Vcpus = 2;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vmm-golden-");

    public static TheoryData<string> Versions => [.. Directory.GetDirectories(Golden()).Select(folder => Path.GetFileName(folder))];

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [MemberData(nameof(Versions))]
    public void Snapshot_of_every_version_that_ever_was_is_whole(string version)
    {
        SnapshotFolder folder = Unpack(version);
        using SnapshotChain chain = SnapshotChain.Open(folder, verify: true);
        SnapshotManifest manifest = folder.ReadManifest();
        Assert.Contains(folder.ReadState(manifest).Sections, section => section.Name == $"vcpu{Vcpus - 1}");
        Assert.NotEmpty(ProcessorFit.Read(manifest.Cpu!.Value).Cpuid);
        Assert.Equal(Vcpus, folder.ReadConfig(manifest).Cpus.Topology.Count);
        byte[] memory = new byte[chain.Layers.Size];
        Assert.True(chain.Layers.TryRead(0, memory));
        VigilMemory.Check(memory, Vcpus, Traveller.Pages);
        new RestoreSettings(folder.Path).Open(folder.ReadConfig(manifest)).Dispose();
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Guest_in_a_snapshot_of_every_version_goes_on_where_the_processor_can_carry_it(string version)
    {
        KvmDevice.Require();
        SnapshotFolder folder = Unpack(version);
        ProcessorRecord processor = ProcessorFit.Read(folder.ReadManifest().Cpu!.Value);
        foreach (RestoreMode mode in Enum.GetValues<RestoreMode>())
        {
            Traveller guest;
            try
            {
                guest = Traveller.Clone(folder.Path, "golden", mode);
            }
            catch (VmmException refused) when (refused.Message.Contains("processor cannot carry the guest on", StringComparison.Ordinal))
            {
                Assert.Skip($"taken on {processor.Vendor} family {processor.Family} model {processor.Model}: {refused.Message}");
                throw;
            }
            using (guest)
                guest.Check();
        }
    }

    private SnapshotFolder Unpack(string version)
    {
        string from = Path.Combine(Golden(), version);
        foreach (string file in (string[])["manifest", "state"])
            File.Copy(Path.Combine(from, file), Path.Combine(_folder.FullName, file));
        using Decompressor zstd = new();
        File.WriteAllBytes(Path.Combine(_folder.FullName, "memory"), zstd.Unwrap(File.ReadAllBytes(Path.Combine(from, "memory.zst"))));
        return new SnapshotFolder(_folder.FullName);
    }

    private static string Golden([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "../Golden");
}
