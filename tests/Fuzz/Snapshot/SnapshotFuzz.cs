using System.Text;
using System.Text.Json;
using CsCheck;
using Vmm.Host;
using Vmm.Machine.Config;
using Vmm.Snapshot;
using Vmm.Snapshot.State;
using Vmm.Tests.Devices.State;
using Vmm.Tests.Vmm.Snapshot;
using Xunit;

namespace Vmm.Tests.Fuzz.Snapshot;

/// <summary>
/// Snapshots whose manifest and state are forged: any bytes, and well sealed JSON in which values were replaced. Each is
/// taken or refused in one line, and nothing larger than the machine is made for it.
/// </summary>
public sealed class SnapshotFuzz : IDisposable
{
    private const long MostBytes = 64 << 20;

    private readonly string _image = Path.GetTempFileName();
    private readonly SnapshotMaker _maker;
    private readonly SnapshotFolder _folder;
    private readonly byte[] _manifest;
    private readonly byte[] _state;

    public SnapshotFuzz()
    {
        _maker = new SnapshotMaker(describe: machine => machine.Disk = [new DiskConfig { Path = _image }]);
        _folder = _maker.Take("child", _maker.Take("parent"), [1, 5]);
        _manifest = File.ReadAllBytes(_folder.ManifestFile);
        _state = File.ReadAllBytes(_folder.StateFile);
    }

    public void Dispose()
    {
        _maker.Dispose();
        File.Delete(_image);
    }

    [Fact, Trait("Row", "69")]
    public void Files_with_changed_bytes_are_refused() => Edits().Sample(edits =>
    {
        byte[] file = Change(edits.OfState ? _state : _manifest, edits.At);
        File.WriteAllBytes(_folder.ManifestFile, edits.OfState ? _manifest : file);
        File.WriteAllBytes(_folder.StateFile, edits.OfState ? file : _state);
        bool same = file.AsSpan().SequenceEqual(edits.OfState ? _state : _manifest);
        Assert.Equal(same, IsTaken());
    }, time: FuzzBudget.Seconds, threads: 1);

    [Fact, Trait("Row", "71")]
    public void Manifest_with_other_values_under_a_right_sum_is_taken_or_refused()
    {
        int seed = 0;
        string legal = Json(_manifest);
        Gen.Int.Sample(salt =>
        {
            string text = Walk(legal, HashCode.Combine(salt, seed++));
            File.WriteAllBytes(_folder.ManifestFile, SealedText.Seal(SnapshotFolder.ManifestKind, 1, Encoding.UTF8.GetBytes(text)));
            IsTaken();
        }, time: FuzzBudget.Seconds, threads: 1);
    }

    [Fact, Trait("Row", "71")]
    public void Description_with_other_values_is_taken_or_refused()
    {
        SnapshotManifest manifest = _folder.ReadManifest();
        string legal = manifest.Config.GetRawText();
        string frame = Json(SnapshotFolder.Write(manifest with { Config = JsonSerializer.SerializeToElement("HERE") }));
        Gen.Int.Sample(salt =>
        {
            File.WriteAllBytes(_folder.ManifestFile, SealedText.Seal(SnapshotFolder.ManifestKind, 1, Encoding.UTF8.GetBytes(frame.Replace("\"HERE\"", Walk(legal, salt), StringComparison.Ordinal))));
            IsTaken();
        }, time: FuzzBudget.Seconds, threads: 1);
    }

    [Fact, Trait("Row", "70"), Trait("Row", "71")]
    public void State_with_other_values_under_a_right_sum_is_taken_or_refused()
    {
        SnapshotManifest manifest = _folder.ReadManifest();
        string legal = Json(_state);
        Gen.Int.Sample(salt =>
        {
            byte[] state = SealedText.Seal(StateFile.Kind, 1, Encoding.UTF8.GetBytes(Walk(legal, salt)));
            File.WriteAllBytes(_folder.StateFile, state);
            File.WriteAllBytes(_folder.ManifestFile, SnapshotFolder.Write(manifest with { State = SealedText.SumOf(state) }));
            IsTaken();
        }, time: FuzzBudget.Seconds, threads: 1);
    }

    [Fact, Trait("Row", "70")]
    public void Sealed_line_of_any_words_is_refused() => Gen.Select(Gen.String[Gen.Char[' ', '~'], 0, 40], Gen.Byte.Array[0, 64]).Sample((line, rest) =>
    {
        File.WriteAllBytes(_folder.ManifestFile, [.. Encoding.Latin1.GetBytes($"vmm-snapshot {line}\n"), .. rest]);
        Assert.False(IsTaken());
    }, time: FuzzBudget.Seconds, threads: 1);

    private static Gen<(bool OfState, (int At, byte Value)[] At)> Edits() => Gen.Select(Gen.Bool, Gen.Select(Gen.Int[0, 1 << 16], Gen.Byte).Array[1, 4]);

    private static byte[] Change(byte[] file, (int At, byte Value)[] edits)
    {
        byte[] changed = [.. file];
        foreach ((int at, byte value) in edits)
            changed[at % changed.Length] = value;
        return changed;
    }

    /// <summary>Other values; and now and then a character that no path has, or half of one.</summary>
    private static string Walk(string legal, int seed)
    {
        Random random = new(seed);
        string text = StateMutations.Walk(legal, random);
        if (random.Next(4) != 0)
            return text;
        int[] places = [.. Enumerable.Range(0, text.Length).Where(i => text[i] == '/')];
        return places.Length == 0 ? text : text.Insert(places[random.Next(places.Length)], random.Next(2) == 0 ? "\\u0000" : "\\ud800");
    }

    private static string Json(byte[] sealedText) => Encoding.UTF8.GetString(sealedText).Split('\n', 2)[1];

    /// <summary>All of a restore and of looking at it that needs no KVM. Anything thrown but a refusal fails the test.</summary>
    private bool IsTaken()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        bool restored = Passes(() =>
        {
            MachineConfig config = _folder.ReadConfig(_folder.ReadManifest());
            new RestoreSettings(_folder.Path).Open(config).Dispose();
        });
        bool verified = Passes(() =>
        {
            SavedState state = _folder.ReadState(_folder.ReadManifest());
            Passes(() => StateSections.Check(state, []));
            SnapshotChain.Open(_folder, verify: true).Dispose();
        });
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostBytes);
        return restored && verified;
    }

    private static bool Passes(Action act)
    {
        try
        {
            act();
            return true;
        }
        catch (VmmException refused)
        {
            Assert.DoesNotContain('\n', refused.Message);
            return false;
        }
    }
}
