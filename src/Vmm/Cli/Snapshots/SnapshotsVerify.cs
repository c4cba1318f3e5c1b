using System.CommandLine;
using Vmm.Cli.Machines;
using Vmm.Host;
using Vmm.Machine.Config;
using Vmm.Snapshot;

namespace Vmm.Cli.Snapshots;

/// <summary><c>vmm snapshots verify</c>: reads snapshots through, with all that they build upon, and compares every sum.</summary>
internal static class SnapshotsVerify
{
    /// <summary>The command for the parser.</summary>
    public static Command Create()
    {
        Argument<string[]> paths = new("folder") { Description = "The snapshot, or several", Arity = ArgumentArity.OneOrMore };
        Option<string?> output = VmArgument.Output();
        Command command = new("verify", "Read snapshots through and compare every sum") { paths, output };
        command.SetAction(line =>
        {
            bool json = VmArgument.WantsJson(line, output);
            // A path that can be no folder's is a usage error, before anything is read.
            (string Path, SnapshotFolder Folder)[] given = [.. line.GetValue(paths)!.Select(path => (path, new SnapshotFolder(path)))];
            int code = ExitCodes.PoweredOff;
            List<SnapshotVerdict> verdicts = [];
            foreach ((string path, SnapshotFolder folder) in given)
            {
                SnapshotVerdict verdict = Judge(folder);
                verdicts.Add(verdict);
                string shown = Printable.Escape(path, longest: int.MaxValue);
                if (verdict.Fault is not null)
                    code = ErrorReport.Write(new VmmException($"{shown}: {verdict.Fault}"));
                else if (!json)
                    System.Console.Out.WriteLine($"{shown}: whole{(verdict.Parents.Count > 0 ? $", and the {verdict.Parents.Count} that it builds upon" : "")}");
            }
            if (json)
                MachinesJson.Print(verdicts, MachinesJson.Default.IReadOnlyListSnapshotVerdict);
            return code;
        });
        return command;
    }

    /// <summary>Reads all of a snapshot. One that is damaged does not keep the others from being looked at.</summary>
    private static SnapshotVerdict Judge(SnapshotFolder newest)
    {
        try
        {
            using SnapshotChain chain = SnapshotChain.Open(newest, verify: true);
            foreach ((SnapshotFolder folder, SnapshotManifest manifest) in chain.Folders.Zip(chain.Manifests))
                folder.ReadState(manifest);
            return new SnapshotVerdict(newest.Path) { Parents = [.. chain.Folders.SkipLast(1).Select(folder => folder.Path)] };
        }
        catch (VmmException wrong)
        {
            return new SnapshotVerdict(newest.Path) { Fault = wrong.Message };
        }
    }
}
