using System.CommandLine;
using Vmm.Machine.Config;
using Vmm.Snapshot;

namespace Vmm.Cli.Snapshots;

/// <summary><c>vmm snapshots verify</c>: reads a snapshot through, with all that it builds upon, and compares every sum.</summary>
internal static class SnapshotsVerify
{
    /// <summary>The command for the parser.</summary>
    public static Command Create()
    {
        Argument<string[]> paths = new("folder") { Description = "The snapshot, or several", Arity = ArgumentArity.OneOrMore };
        Command command = new("verify", "Read a snapshot through and compare every sum") { paths };
        command.SetAction(line =>
        {
            foreach (string path in line.GetValue(paths)!)
            {
                using SnapshotChain chain = SnapshotChain.Open(new SnapshotFolder(path), verify: true);
                foreach ((SnapshotFolder folder, SnapshotManifest manifest) in chain.Folders.Zip(chain.Manifests))
                    folder.ReadState(manifest);
                string parents = chain.Folders.Count > 1 ? $", and the {chain.Folders.Count - 1} that it builds upon" : "";
                System.Console.Out.WriteLine($"{Printable.Escape(path, longest: int.MaxValue)}: whole{parents}");
            }
            return ExitCodes.PoweredOff;
        });
        return command;
    }
}
