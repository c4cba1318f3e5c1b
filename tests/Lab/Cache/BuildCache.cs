namespace Vmm.Lab.Cache;

/// <summary>
/// Folders that take time to make and never change afterwards. A folder appears under its name
/// only when it is complete, so an interrupted download or build leaves nothing half-done, and
/// of several callers one builds while the others wait.
/// </summary>
public static class BuildCache
{
    /// <summary>The folder <paramref name="name"/>, made by <paramref name="build"/> (which is given an empty folder) when it is not there.</summary>
    public static async Task<string> EnsureAsync(string name, Func<string, Task> build)
    {
        var target = Path.Combine(LabPaths.Cache, name);
        if (Directory.Exists(target))
            return target;
        var flat = name.Replace('/', '_');
        using var held = await FileLock.TakeAsync(Path.Combine(LabPaths.Cache, "locks", flat));
        if (Directory.Exists(target))
            return target;
        var unfinished = Path.Combine(LabPaths.Cache, "unfinished", flat);
        if (Directory.Exists(unfinished))
            Directory.Delete(unfinished, recursive: true);
        Directory.CreateDirectory(unfinished);
        await build(unfinished);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        Directory.Move(unfinished, target);
        return target;
    }
}
