using System.Text.Json;
using Vmm.Devices.State;
using Vmm.Tests.Devices.Virtio.Conformance;
using Xunit;

namespace Vmm.Tests.Devices.State;

/// <summary>Every kind of section: a state that was damaged or forged is refused whole, and one that was ever written can be read.</summary>
public sealed class EveryStateTests
{
    private const int Walks = 60;

    public static TheoryData<string> All => StateSubjects.All;

    [Theory, MemberData(nameof(All))]
    public void State_in_use_is_restored_as_it_was(string section)
    {
        using StateSubject used = StateSubjects.MakeUsed(section);
        using StateSubject fresh = StateSubjects.MakeFresh(section);
        Assert.NotEqual(used.Saved, fresh.Saved);
        fresh.Part.RestoreState(used.Part.StateVersion, JsonElement.Parse(used.Saved));
        Assert.Equal(used.Saved, fresh.Saved);
    }

    [Theory, MemberData(nameof(All)), Trait("Row", "71"), Trait("Row", "72")]
    public void State_with_a_field_that_is_wrong_is_refused_whole_or_is_a_legal_one(string section)
    {
        int refused = 0;
        foreach (string state in StateMutations.Each(Golden(section, 1)))
            refused += AssertRefusedOrLegal(section, state) ? 0 : 1;
        Assert.True(refused > 20, $"{refused} were refused");
    }

    [Theory, MemberData(nameof(All)), Trait("Row", "71"), Trait("Row", "72")]
    public void State_with_several_fields_that_are_wrong_is_refused_whole_or_is_a_legal_one(string section)
    {
        string legal = Golden(section, 1);
        var random = new Random(section.Length * 7919 + section[0]);
        for (int i = 0; i < Walks; i++)
            AssertRefusedOrLegal(section, StateMutations.Walk(legal, random));
    }

    [Theory, MemberData(nameof(All)), Trait("Row", "70")]
    public void State_of_a_version_that_there_is_not_is_refused(string section)
    {
        using StateSubject used = StateSubjects.MakeUsed(section);
        using StateSubject fresh = StateSubjects.MakeFresh(section);
        JsonElement state = JsonElement.Parse(used.Saved);
        string before = fresh.Saved;
        foreach (int version in (int[])[0, -1, fresh.Part.StateVersion + 1, int.MaxValue, int.MinValue])
        {
            StateException refusal = Assert.Throws<StateException>(() => fresh.Part.RestoreState(version, state));
            Assert.Equal(fresh.Part.StateName, refusal.Section);
        }
        Assert.Equal(before, fresh.Saved);
    }

    /// <summary>Every format that was ever released stays readable: the files are never changed, only added to.</summary>
    [Theory, MemberData(nameof(All))]
    public void Every_version_that_was_ever_written_can_be_read(string section)
    {
        using StateSubject used = StateSubjects.MakeUsed(section);
        for (int version = 1; version <= used.Part.StateVersion; version++)
        {
            using StateSubject fresh = StateSubjects.MakeFresh(section);
            string written = Golden(section, version);
            fresh.Part.RestoreState(version, JsonElement.Parse(written));
            if (version == fresh.Part.StateVersion)
                Assert.Equal(written, fresh.Saved);
            fresh.AssertWorks();
        }
    }

    /// <summary>A state as it was written once. A new section or version begins with what it saves, by a message of a test that fails.</summary>
    private static string Golden(string section, int version)
    {
        string file = Path.Combine(TestCatalog.Root, "tests/Devices/State/Golden", $"{section}.v{version}.json");
        if (File.Exists(file))
            return File.ReadAllText(file).Trim();
        using StateSubject used = StateSubjects.MakeUsed(section);
        throw new FileNotFoundException($"no {file}; it may be:\n{used.Saved}");
    }

    /// <summary>Whether a state was taken. One that was not has changed nothing; after either, the part works.</summary>
    private static bool AssertRefusedOrLegal(string section, string state)
    {
        using StateSubject fresh = StateSubjects.MakeFresh(section);
        string before = fresh.Saved;
        bool isTaken = true;
        try
        {
            fresh.Part.RestoreState(1, JsonElement.Parse(state));
        }
        catch (StateException refusal)
        {
            isTaken = false;
            Assert.Equal(before, fresh.Saved);
            Assert.Equal(fresh.Part.StateName, refusal.Section);
            Assert.False(refusal.Message.Contains('\n'), refusal.Message);
        }
        catch (Exception fault)
        {
            Assert.Fail($"{fault.GetType().Name}, {fault.Message}, of {state}");
        }
        if (!isTaken)
            return false;
        Exception? broken = Record.Exception(fresh.AssertWorks);
        Assert.True(broken is null, $"taken, and broken by: {state}\n{broken}");
        return true;
    }
}
