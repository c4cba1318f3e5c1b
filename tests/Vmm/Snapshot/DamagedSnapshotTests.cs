using System.Diagnostics;
using System.Text;
using Vmm.Host;
using Vmm.Snapshot;
using Vmm.Snapshot.State;
using Xunit;

namespace Vmm.Tests.Vmm.Snapshot;

/// <summary>Snapshots of which something is missing, cut, changed, forged or newer: none is taken for a whole one.</summary>
public sealed class DamagedSnapshotTests : IDisposable
{
    private readonly SnapshotMaker _maker = new();
    private readonly SnapshotFolder _folder;

    public DamagedSnapshotTests() => _folder = _maker.Take("web.1");

    public static TheoryData<string> Files => ["manifest", "state", "memory"];

    public void Dispose() => _maker.Dispose();

    [Fact]
    public void Whole_one_opens_and_has_the_memory() => Assert.Equal(_maker.Content(), Opened());

    [Theory, MemberData(nameof(Files)), Trait("Row", "69")]
    public void File_that_is_empty_or_missing_is_refused(string file)
    {
        string path = Path.Combine(_folder.Path, file);
        File.WriteAllBytes(path, []);
        Refused();
        File.Delete(path);
        Refused();
    }

    [Theory, MemberData(nameof(Files)), Trait("Row", "69")]
    public void Fifo_in_the_place_of_a_file_is_refused_without_waiting_for_a_writer(string file)
    {
        string path = Path.Combine(_folder.Path, file);
        File.Delete(path);
        using (Process process = Process.Start("mkfifo", [path]))
            process.WaitForExit();
        Refused();
    }

    [Theory, MemberData(nameof(Files)), Trait("Row", "69")]
    public void File_that_was_cut_or_grew_is_refused(string file)
    {
        string path = Path.Combine(_folder.Path, file);
        byte[] whole = File.ReadAllBytes(path);
        foreach (int length in (int[])[1, 10, whole.Length / 2, whole.Length - 1, whole.Length + 1])
        {
            using (FileStream cut = File.OpenWrite(path))
                cut.SetLength(length);
            Refused();
            File.WriteAllBytes(path, whole);
        }
    }

    [Theory, Trait("Row", "69")]
    [InlineData("manifest")]
    [InlineData("state")]
    public void Flipped_bit_is_noticed_wherever_it_is(string file)
    {
        string path = Path.Combine(_folder.Path, file);
        byte[] whole = File.ReadAllBytes(path);
        for (int at = 0; at < whole.Length; at++)
        {
            byte[] broken = [.. whole];
            broken[at] ^= (byte)(1 << at % 8);
            File.WriteAllBytes(path, broken);
            Refused();
        }
    }

    [Fact, Trait("Row", "69")]
    public void Parts_of_two_snapshots_are_not_taken_for_one()
    {
        SnapshotFolder other = _maker.Take("web.2");
        File.WriteAllBytes(other.StateFile, StateFile.Write(new SavedState(SavedState.ThisArchitecture, [])));
        Assert.Contains("this is not the state that the manifest beside it was written with", Assert.Throws<VmmException>(() => _maker.Open(other)).Message, StringComparison.Ordinal);
    }

    [Theory, Trait("Row", "70")]
    [InlineData("manifest", "\u007fELF\n", "this is no snapshot of a vmm snapshot")]
    [InlineData("manifest", "vmm-state 1 2 0\n{}", "this is no snapshot of a vmm snapshot")]
    [InlineData("manifest", "vmm-snapshot 2 2 0\n{}", "the snapshot is of version 2, and this vmm")]
    public void Foreign_or_newer_file_is_refused_for_what_it_is(string file, string content, string expected)
    {
        File.WriteAllBytes(Path.Combine(_folder.Path, file), Encoding.Latin1.GetBytes(content));
        Assert.Contains(expected, Refused(), StringComparison.Ordinal);
    }

    [Fact, Trait("Row", "70")]
    public void Section_that_comes_twice_and_one_that_is_null_are_refused()
    {
        SavedState state = _folder.ReadState(_folder.ReadManifest());
        Forge(state with { Sections = [.. state.Sections, state.Sections[0]] });
        Assert.Contains("it has the section 'a' twice", Refused(), StringComparison.Ordinal);
        Forge(state with { Sections = [null!] });
        Assert.Contains("null is no section", Refused(), StringComparison.Ordinal);
    }

    [Fact, Trait("Row", "70")]
    public void Field_that_is_unknown_or_comes_twice_is_refused()
    {
        foreach (string more in (string[])["\"color\": 1,", "\"name\": \"x\",", "\"n\\u0061me\": \"x\",", "\"\\ud800\": 1,", "\"disks\": [null],"])
        {
            string json = Encoding.UTF8.GetString(File.ReadAllBytes(_maker.Take("forged", replace: true).ManifestFile)).Split('\n', 2)[1];
            File.WriteAllBytes(_folder.ManifestFile, SealedText.Seal(SnapshotFolder.ManifestKind, 1, Encoding.UTF8.GetBytes(json.Replace("{\n  \"id\"", $"{{\n  {more}\n  \"id\"", StringComparison.Ordinal))));
            Refused();
        }
    }

    [Theory, Trait("Row", "71")]
    [InlineData(0UL)]
    [InlineData(1UL << 20)]
    [InlineData((3UL << 20) + 1)]
    [InlineData(1UL << 62)]
    [InlineData(ulong.MaxValue & ~4095UL)]
    public void Size_that_no_memory_has_is_refused_before_anything_of_it_is_made(ulong size)
    {
        SnapshotMaker.Rewrite(_folder, manifest => manifest with { Memory = manifest.Memory with { Size = size } });
        Assert.Contains("memory.size", Refused(), StringComparison.Ordinal);
        Assert.Throws<VmmException>(() => SnapshotChain.Open(_folder, verify: true));
    }

    [Fact, Trait("Row", "71")]
    public void Sums_and_pages_of_another_number_and_other_chunks_are_refused()
    {
        SnapshotMaker.Rewrite(_folder, manifest => manifest with { Memory = manifest.Memory with { Sums = new byte[8 * 1024] } });
        Assert.Contains("there are 1024 sums for 3 MiB", Assert.Throws<VmmException>(() => SnapshotChain.Open(_folder, verify: true)).Message, StringComparison.Ordinal);
        SnapshotMaker.Rewrite(_folder, manifest => manifest with { Memory = manifest.Memory with { Chunk = 1 } });
        Assert.Contains("memory.chunk", Refused(), StringComparison.Ordinal);
        SnapshotFolder child = _maker.Take("child", _maker.Take("web.2"), [1]);
        SnapshotMaker.Rewrite(child, manifest => manifest with { Memory = manifest.Memory with { Pages = new byte[97] } });
        Assert.Contains("memory.pages", Assert.Throws<VmmException>(() => _maker.Open(child)).Message, StringComparison.Ordinal);
    }

    [Fact, Trait("Row", "73")]
    public void Memory_that_was_written_since_is_summed_and_refused()
    {
        using (FileStream memory = File.OpenWrite(_folder.MemoryFile))
        {
            memory.Position = (long)(2 * SnapshotMaker.Page);
            memory.WriteByte(9);
        }
        File.SetLastWriteTimeUtc(_folder.MemoryFile, DateTime.UnixEpoch.AddDays(1));
        Assert.Contains("the memory at 0 MiB is not what was saved", Refused(), StringComparison.Ordinal);
    }

    [Fact, Trait("Row", "73")]
    public void Memory_that_was_copied_is_summed_and_taken()
    {
        File.SetLastWriteTimeUtc(_folder.MemoryFile, DateTime.UnixEpoch.AddDays(1));
        Assert.Equal(_maker.Content(), Opened());
    }

    private byte[] Opened()
    {
        _maker.Open(_folder);
        return SnapshotMaker.MemoryOf(_folder);
    }

    private string Refused()
    {
        VmmException refused = Assert.Throws<VmmException>(() => _maker.Open(_folder));
        Assert.DoesNotContain('\n', refused.Message);
        return refused.Message;
    }

    private void Forge(SavedState state)
    {
        byte[] bytes = StateFile.Write(state);
        File.WriteAllBytes(_folder.StateFile, bytes);
        SnapshotMaker.Rewrite(_folder, manifest => manifest with { State = SealedText.SumOf(bytes) });
    }
}
