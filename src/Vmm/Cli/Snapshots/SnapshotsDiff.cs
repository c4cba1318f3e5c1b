using System.CommandLine;
using System.Globalization;
using Vmm.Cli.Machines;
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
        Option<string?> output = VmArgument.Output();
        Command command = new("diff", "What changed from one snapshot to another") { one, other, output };
        command.SetAction(line =>
        {
            bool json = VmArgument.WantsJson(line, output);
            using SnapshotChain before = SnapshotChain.Open(new SnapshotFolder(line.GetValue(one)!));
            using SnapshotChain after = SnapshotChain.Open(new SnapshotFolder(line.GetValue(other)!));
            SnapshotDifference difference = Compare(before, after);
            if (json)
                MachinesJson.Print(difference, MachinesJson.Default.SnapshotDifference);
            else
                System.Console.Out.Write(Text(difference));
            return ExitCodes.PoweredOff;
        });
        return command;
    }

    private static SnapshotDifference Compare(SnapshotChain before, SnapshotChain after)
    {
        IReadOnlyList<SectionDifference> sections = SectionDifference.Compare(StateOf(before), StateOf(after));
        (ulong changed, ulong pages) = MemoryDifference.Count(before.Layers, after.Layers);
        return new SnapshotDifference(sections, changed, pages);
    }

    private static string Text(SnapshotDifference difference)
    {
        TextTable table = new();
        foreach (SectionDifference section in difference.Sections)
        {
            table.Add(section.Name, section.Change switch
            {
                SectionChange.Same => "same",
                SectionChange.Removed => "only in the first",
                SectionChange.Added => "only in the second",
                _ => section.Fields.Count == 0 ? "differs" : $"differs in {string.Join(", ", section.Fields)}",
            });
        }
        table.Add("memory", string.Create(CultureInfo.InvariantCulture, $"{difference.ChangedPages} of {difference.Pages} pages differ"));
        return table.ToString();
    }

    private static SavedState StateOf(SnapshotChain chain) => chain.Folders[^1].ReadState(chain.Manifests[^1]);
}
