namespace Vmm.Machine.Config;

/// <summary>What is refused as a path before anything is opened.</summary>
internal static class PathRules
{
    /// <summary>Lets a path pass or says why not.</summary>
    /// <exception cref="MachineConfigException">The path cannot be what is meant.</exception>
    public static void Check(string field, string path)
    {
        if (path.Length == 0)
            throw new MachineConfigException(field, "is empty; give a file");
        if (path.Contains('\0', StringComparison.Ordinal))
            throw new MachineConfigException(field, $"'{Printable.Escape(path)}' holds a NUL character");
        if (IsKernelInterface(path))
            throw new MachineConfigException(field, $"'{Printable.Escape(path)}' is an interface of the host's kernel, not a file for a guest");
    }

    /// <summary>Whether two paths are written differently for one file; links are not followed.</summary>
    public static bool AreSame(string one, string other) => Path.GetFullPath(one) == Path.GetFullPath(other);

    /// <summary>/proc and /sys, where reading and writing mean something else (such as /proc/self/mem). Descriptors passed by number are fine.</summary>
    private static bool IsKernelInterface(string path)
    {
        string full = Path.GetFullPath(path);
        return (full.StartsWith("/proc/", StringComparison.Ordinal) && !full.StartsWith("/proc/self/fd/", StringComparison.Ordinal))
            || full.StartsWith("/sys/", StringComparison.Ordinal);
    }
}
