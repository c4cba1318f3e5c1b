using System.Text;

namespace Vmm.Host.Cgroups;

/// <summary>Where the hierarchy of cgroup v2 is mounted, and where in it this process is.</summary>
/// <param name="Root">The folder of the mount.</param>
/// <param name="Own">The folder of this process's cgroup; the root itself or below it.</param>
internal sealed record CgroupMount(string Root, string Own)
{
    /// <summary>Fields of a line of mountinfo before the optional ones (proc(5)).</summary>
    private const int RootField = 3, FolderField = 4, FirstOptionalField = 6;

    private const int OctalDigits = 3;

    /// <summary>Asks /proc; null when the host has no cgroup v2 that can be seen from here.</summary>
    public static CgroupMount? Find()
    {
        try
        {
            return Parse(File.ReadAllText("/proc/self/mountinfo"), File.ReadAllText("/proc/self/cgroup"));
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Reads what /proc says.</summary>
    /// <param name="mounts">/proc/self/mountinfo.</param>
    /// <param name="cgroups">/proc/self/cgroup.</param>
    public static CgroupMount? Parse(string mounts, string cgroups)
    {
        if (cgroups.Split('\n').FirstOrDefault(line => line.StartsWith("0::/", StringComparison.Ordinal)) is not { } own)
            return null;
        string path = own["0::".Length..];
        foreach (string line in mounts.Split('\n'))
        {
            string[] fields = line.Split(' ');
            int dash = Array.IndexOf(fields, "-", Math.Min(FirstOptionalField, fields.Length));
            if (dash < 0 || dash + 1 >= fields.Length || fields[dash + 1] != "cgroup2")
                continue;
            string folder = Unescape(fields[FolderField]);
            if (Below(Unescape(fields[RootField]), path) is { } rest)
                return new(folder, rest.Length == 0 ? folder : $"{folder.TrimEnd('/')}/{rest}");
        }
        return null;
    }

    /// <summary>The part of a path below a root, without a leading slash; null when it is not below it.</summary>
    private static string? Below(string root, string path)
    {
        // A path that begins with /.. is outside of this process's cgroup namespace.
        if (path == "/.." || path.StartsWith("/../", StringComparison.Ordinal))
            return null;
        string prefix = root.TrimEnd('/');
        if (path == prefix)
            return "";
        return path.StartsWith(prefix + "/", StringComparison.Ordinal) ? path[(prefix.Length + 1)..] : null;
    }

    /// <summary>mountinfo writes spaces and the like as \040.</summary>
    private static string Unescape(string text)
    {
        StringBuilder plain = new();
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && text.Length - i > OctalDigits)
            {
                plain.Append((char)Convert.ToInt32(text.Substring(i + 1, OctalDigits), 8));
                i += OctalDigits;
            }
            else
            {
                plain.Append(text[i]);
            }
        }
        return plain.ToString();
    }
}
