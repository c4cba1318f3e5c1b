using Vmm.Host;

namespace Vmm.Snapshot;

/// <summary>Snapshots that build upon another, as far as they lie beside it: with those elsewhere it is not known where to look.</summary>
internal static class SnapshotChildren
{
    /// <summary>Finds one. Those that cannot be read build upon nothing that could be lost for them.</summary>
    /// <param name="parent">What it builds upon.</param>
    /// <param name="id">The parent's id.</param>
    /// <returns>Its folder; null when there is none.</returns>
    public static SnapshotFolder? FindBeside(SnapshotFolder parent, Guid id)
    {
        try
        {
            return Directory.EnumerateDirectories(Path.GetDirectoryName(parent.Path) ?? "/")
                .Where(path => !Path.GetFileName(path).StartsWith('.'))
                .Select(path => new SnapshotFolder(path))
                .FirstOrDefault(other => other.Exists && !other.IsSameAs(parent) && BuildsUpon(other, parent, id));
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            // A folder that may be written and not looked at.
            return null;
        }
    }

    private static bool BuildsUpon(SnapshotFolder child, SnapshotFolder parent, Guid id)
    {
        try
        {
            if (child.ReadManifest().Parent is not { } named || named.Id != id)
                return false;
            // A copy of the same moment may be what it names (merge keeps the id).
            SnapshotFolder folder = child.Parent(named);
            return !folder.Exists || folder.IsSameAs(parent);
        }
        catch (VmmException)
        {
            return false;
        }
    }
}
