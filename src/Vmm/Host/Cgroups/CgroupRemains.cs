using System.Globalization;

namespace Vmm.Host.Cgroups;

/// <summary>What the cgroup of a killed vmm says of its end. It is there until the next machine with a limit sweeps it.</summary>
internal static class CgroupRemains
{
    private const string Killed = "oom_kill";

    private static readonly EnumerationOptions s_everywhere = new() { RecurseSubdirectories = true };

    /// <summary>Whether the kernel ended a machine's process because the two took more memory than their cgroup may.</summary>
    /// <param name="machine">The machine's name.</param>
    /// <param name="process">The process that ran it.</param>
    /// <param name="root">Below which cgroup it was; whoever asks need not be in the one that it was started from.</param>
    /// <returns>False also when nothing of it is left.</returns>
    public static bool TellOfNoMemory(string machine, int process, string root)
    {
        try
        {
            // memory.events: a name and a number a line (cgroup-v2, "Memory Interface Files").
            return Directory.EnumerateDirectories(root, CgroupName.Of(machine, process), s_everywhere).FirstOrDefault() is { } left
                && new CgroupFolder(left).Words("memory.events") is var words
                && Array.IndexOf(words, Killed) is >= 0 and int at
                && at + 1 < words.Length && long.TryParse(words[at + 1], NumberStyles.None, CultureInfo.InvariantCulture, out long times) && times > 0;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
