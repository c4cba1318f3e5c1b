using System.CommandLine;
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
        Command command = new("verify", "Read snapshots through and compare every sum") { paths };
        command.SetAction(line =>
        {
            // A path that can be no folder's is a usage error, before anything is read.
            (string Path, SnapshotFolder Folder)[] given = [.. line.GetValue(paths)!.Select(path => (path, new SnapshotFolder(path)))];
            int code = ExitCodes.PoweredOff;
            foreach ((string path, SnapshotFolder folder) in given)
            {
                string shown = Printable.Escape(path, longest: int.MaxValue);
                try
                {
                    int parents = CountParents(folder);
                    System.Console.Out.WriteLine($"{shown}: whole{(parents > 0 ? $", and the {parents} that it builds upon" : "")}");
                }
                catch (VmmException wrong)
                {
                    // One that is damaged does not keep the others from being looked at.
                    code = ErrorReport.Write(new VmmException($"{shown}: {wrong.Message}", cause: wrong));
                }
            }
            return code;
        });
        return command;
    }

    /// <summary>Reads all of a snapshot.</summary>
    /// <returns>How many it builds upon.</returns>
    /// <exception cref="VmmException">It is not whole.</exception>
    private static int CountParents(SnapshotFolder newest)
    {
        using SnapshotChain chain = SnapshotChain.Open(newest, verify: true);
        foreach ((SnapshotFolder folder, SnapshotManifest manifest) in chain.Folders.Zip(chain.Manifests))
            folder.ReadState(manifest);
        return chain.Folders.Count - 1;
    }
}
