using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Vmm.Snapshot;
using Vmm.Snapshot.State;

namespace Vmm.Cli.Snapshots;

/// <summary><c>vmm snapshots diff</c>: what changed from one snapshot to another: parts of the machine, and memory.</summary>
internal static class SnapshotsDiff
{
    /// <summary>The command for the parser.</summary>
    public static Command Create()
    {
        Argument<string> one = new("folder") { Description = "A snapshot" };
        Argument<string> other = new("other-folder") { Description = "Another, of a machine of the same size" };
        Command command = new("diff", "What changed from one snapshot to another") { one, other };
        command.SetAction(line =>
        {
            using SnapshotChain before = SnapshotChain.Open(new SnapshotFolder(line.GetValue(one)!));
            using SnapshotChain after = SnapshotChain.Open(new SnapshotFolder(line.GetValue(other)!));
            System.Console.Out.Write(Text(before, after));
            return ExitCodes.PoweredOff;
        });
        return command;
    }

    private static string Text(SnapshotChain before, SnapshotChain after)
    {
        TextTable table = new();
        Dictionary<string, JsonElement> old = Sections(before);
        foreach ((string name, JsonElement state) in Sections(after))
            table.Add(name, !old.Remove(name, out JsonElement was) ? "only in the second" : JsonElement.DeepEquals(was, state) ? "same" : Changed(was, state));
        foreach (string name in old.Keys)
            table.Add(name, "only in the first");
        (ulong changed, ulong pages) = MemoryDifference.Count(before.Layers, after.Layers);
        table.Add("memory", string.Create(CultureInfo.InvariantCulture, $"{changed} of {pages} pages differ"));
        return table.ToString();
    }

    private static string Changed(JsonElement was, JsonElement state)
    {
        if (was.ValueKind != JsonValueKind.Object || state.ValueKind != JsonValueKind.Object)
            return "differs";
        IEnumerable<string> fields = state.EnumerateObject().Where(field => !was.TryGetProperty(field.Name, out JsonElement before) || !JsonElement.DeepEquals(before, field.Value)).Select(field => field.Name);
        return "differs in " + string.Join(", ", fields);
    }

    private static Dictionary<string, JsonElement> Sections(SnapshotChain chain)
    {
        SavedState state = chain.Folders[^1].ReadState(chain.Manifests[^1]);
        return state.Sections.ToDictionary(section => section.Name, section => section.State);
    }
}
