using System.Text.Json;
using Vmm.Snapshot.State;

namespace Vmm.Cli.Snapshots;

/// <summary>A part of the machine in two snapshots.</summary>
/// <param name="Name">The section's name.</param>
/// <param name="Change">How they compare.</param>
/// <param name="Fields">Which of its fields differ; none when it is no object in one of them.</param>
internal sealed record SectionDifference(string Name, SectionChange Change, IReadOnlyList<string> Fields)
{
    /// <summary>Compares all sections: those of the second in their order, then those that only the first has.</summary>
    public static IReadOnlyList<SectionDifference> Compare(SavedState first, SavedState second)
    {
        Dictionary<string, JsonElement> old = first.Sections.ToDictionary(section => section.Name, section => section.State);
        List<SectionDifference> all = [];
        foreach (StateSection section in second.Sections)
        {
            all.Add(!old.Remove(section.Name, out JsonElement was) ? new(section.Name, SectionChange.Added, [])
                : JsonElement.DeepEquals(was, section.State) ? new(section.Name, SectionChange.Same, [])
                : new(section.Name, SectionChange.Differs, Changed(was, section.State)));
        }
        all.AddRange(old.Keys.Select(name => new SectionDifference(name, SectionChange.Removed, [])));
        return all;
    }

    private static IReadOnlyList<string> Changed(JsonElement was, JsonElement state) => was.ValueKind != JsonValueKind.Object || state.ValueKind != JsonValueKind.Object ? []
        : [.. state.EnumerateObject().Where(field => !was.TryGetProperty(field.Name, out JsonElement before) || !JsonElement.DeepEquals(before, field.Value)).Select(field => field.Name)];
}
