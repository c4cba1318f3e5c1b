using System.CommandLine;

namespace Vmm.Cli.Snapshots;

/// <summary><c>vmm snapshots</c>: looks at snapshots on disk, and works on them. No VM and no KVM is needed.</summary>
internal static class SnapshotsCommand
{
    /// <summary>The command for the parser.</summary>
    public static Command Create() => new("snapshots", "Look at snapshots, check them, merge them")
    {
        SnapshotsList.Create(),
        SnapshotsShow.Create(),
        SnapshotsVerify.Create(),
        SnapshotsMerge.Create(),
        SnapshotsDiff.Create(),
    };
}
