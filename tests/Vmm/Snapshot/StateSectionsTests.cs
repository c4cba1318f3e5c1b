using System.Text.Json;
using Vmm.Devices.State;
using Vmm.Host;
using Vmm.Snapshot;
using Vmm.Snapshot.State;
using Xunit;

namespace Vmm.Tests.Vmm.Snapshot;

public class StateSectionsTests
{
    private readonly Part _a = new("a");
    private readonly Part _b = new("b") { StateVersion = 2 };

    [Fact]
    public void State_that_a_guest_waits_for_is_the_same_without_a_space()
    {
        SavedState state = StateSections.Save([_a, _b]);
        byte[] readable = StateFile.Write(state);
        byte[] compact = StateFile.WriteCompact(state);
        string text = System.Text.Encoding.UTF8.GetString(compact);
        Assert.DoesNotMatch("[ \n]", text[(text.IndexOf('\n', StringComparison.Ordinal) + 1)..]);
        Assert.Equal(readable, StateFile.Write(StateFile.Read(compact, "f")));
        Assert.Equal(compact, StateFile.WriteCompact(StateFile.Read(readable, "f")));
    }

    [Fact]
    public void Each_part_gets_what_its_counterpart_held()
    {
        (_a.Value, _b.Value) = (1, 2);
        SavedState saved = StateFile.Read(StateFile.Write(StateSections.Save([_a, _b])), "f");
        (_a.Value, _b.Value) = (0, 0);
        StateSections.Restore(saved, [_a, _b]);
        Assert.Equal((1, 2), (_a.Value, _b.Value));
    }

    [Fact]
    [Trait("Row", "70")]
    public void Section_that_is_unknown_missing_double_or_newer_is_refused_by_name_before_anything_changes()
    {
        SavedState saved = StateSections.Save([_a, _b]);
        Assert.Equal("the saved state has a section 'b', of which a machine of this description knows nothing", Refused(saved, [_a]));
        Assert.Equal("the saved state has no section 'c', which a machine of this description has", Refused(saved, [_a, _b, new Part("c")]));
        Assert.Equal("the saved state has the section 'a' twice: it is damaged", Refused(new(saved.Architecture, [.. saved.Sections, saved.Sections[0]]), [_a, _b]));
        _b.StateVersion = 1;
        Assert.Equal("the saved state's section 'b' is of version 2, and this vmm reads up to 1: use a newer vmm", Refused(saved, [_a, _b]));
        Assert.Equal(0, _a.Restores);
    }

    [Fact]
    public void Two_parts_of_one_name_are_not_saved_to_a_state_that_nobody_could_read() =>
        Assert.Equal("the machine cannot be saved: a device has the id 'a', which is another part's name; give it another id",
            Assert.Throws<VmmException>(() => StateSections.Save([_a, new Part("a")])).Message);

    [Fact]
    [Trait("Row", "72")]
    public void State_that_a_part_cannot_have_is_refused_with_the_parts_name()
    {
        SavedState saved = new(SavedState.ThisArchitecture, [new("a", 1, JsonSerializer.SerializeToElement("no number"))]);
        Assert.Equal("state of a: it is no number", Refused(saved, [_a]));
    }

    [Fact]
    [Trait("Row", "70")]
    public void State_of_another_architecture_is_refused()
    {
        byte[] bytes = StateFile.Write(new("riscv64", []));
        Assert.Equal("f: it is of a machine with riscv64 processors, and this is x86-64", Assert.Throws<VmmException>(() => StateFile.Read(bytes, "f")).Message);
    }

    [Theory]
    [Trait("Row", "70")]
    [Trait("Row", "71")]
    [InlineData("null", "null is no state: the state is damaged")]
    [InlineData("[]", "a state is an object and not []")]
    [InlineData("{}", "a state has no 'architecture'")]
    [InlineData("""{"architecture":"x86-64"}""", "a state has no 'sections'")]
    [InlineData("""{"architecture":"x86-64","sections":null}""", "'sections' cannot be null")]
    [InlineData("""{"architecture":7,"sections":[]}""", "'architecture' cannot be 7")]
    [InlineData("""{"architecture":"\ud800","sections":[]}""", "'architecture' is no text")]
    [InlineData("""{"architecture":"x86-64","sections":[],"more":1}""", "a state has the field 'more', which this vmm does not know")]
    [InlineData("""{"architecture":"x86-64","sections":[1]}""", "a section is an object and not 1")]
    [InlineData("""{"architecture":"x86-64","sections":[{"name":"a","version":1}]}""", "a section has no 'state'")]
    [InlineData("""{"architecture":"x86-64","sections":[{"name":"a","version":1.5,"state":1}]}""", "'version' cannot be 1.5")]
    [InlineData("""{"architecture":"x86-64","sections":[{"name":"a","version":1,"state":1,"color":"\u001b"}]}""", "a section has the field 'color', which this vmm does not know")]
    [InlineData("""{"architecture":"x86-64","sections":[{"name":"a","version":"\n","state":1}]}""", "'version' cannot be \"\\n\"")]
    [InlineData("""{"architecture":"x86-64","sections":[{"name":"a","version":1,"state":1,"state":2}]}""", "the field 'state' comes twice in one object")]
    public void List_that_is_none_is_refused_with_the_fields_name(string json, string message)
    {
        byte[] sealedText = SealedText.Seal(StateFile.Kind, StateFile.Version, System.Text.Encoding.UTF8.GetBytes(json));
        Assert.Equal($"f: {message}", Assert.Throws<VmmException>(() => StateFile.Read(sealedText, "f")).Message);
    }

    [Fact]
    [Trait("Row", "71")]
    public void Bytes_that_are_no_text_are_refused_in_one_line()
    {
        foreach (string json in (string[])["{\"architecture\":\"\u00ff\",\"sections\":[]}", "{\"architecture\":\"x86-64\",\"sections\":\"\u00ff\"}", "{\"\u00ff\":1}"])
        {
            byte[] sealedText = SealedText.Seal(StateFile.Kind, StateFile.Version, System.Text.Encoding.Latin1.GetBytes(json));
            Assert.DoesNotContain('\n', Assert.Throws<VmmException>(() => StateFile.Read(sealedText, "f")).Message);
        }
    }

    private static string Refused(SavedState state, IReadOnlyList<IStateful> parts) => Assert.Throws<VmmException>(() => StateSections.Restore(state, parts)).Message;

    private sealed class Part(string name) : IStateful
    {
        public int Value { get; set; }

        public int Restores { get; private set; }

        public string StateName => name;

        public int StateVersion { get; set; } = 1;

        public JsonElement SaveState() => JsonSerializer.SerializeToElement(Value);

        public void RestoreState(int version, JsonElement state)
        {
            Restores++;
            Value = state.ValueKind == JsonValueKind.Number ? state.GetInt32() : throw new StateException(name, "it is no number");
        }
    }
}
