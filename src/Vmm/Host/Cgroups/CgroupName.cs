using System.Globalization;

namespace Vmm.Host.Cgroups;

/// <summary>What the cgroup of a machine is called: <c>vmm-NAME-PROCESS</c>.</summary>
internal static class CgroupName
{
    /// <summary>How all of them begin.</summary>
    public const string Prefix = "vmm-";

    /// <summary>The name.</summary>
    public static string Of(string machine, int process) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{machine}-{process}");

    /// <summary>The process that made a cgroup of that name; null when none of ours is called so.</summary>
    public static int? ProcessOf(string name)
    {
        int dash = name.LastIndexOf('-');
        return name.StartsWith(Prefix, StringComparison.Ordinal) && dash > Prefix.Length
            && int.TryParse(name.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int process) && process > 0
            ? process
            : null;
    }
}
