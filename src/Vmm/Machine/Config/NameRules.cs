using System.Buffers;

namespace Vmm.Machine.Config;

/// <summary>
/// What names look like. They end up in messages, thread names and file names, so nothing that could leave a folder,
/// end a string or move a terminal's cursor is let in.
/// </summary>
internal static class NameRules
{
    /// <summary>Machines and firmware.</summary>
    public const int LongestMachineName = 63;

    private static readonly SearchValues<char> s_allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    /// <summary>Lets a name pass or says why not.</summary>
    /// <exception cref="MachineConfigException">The name breaks a rule.</exception>
    public static void Check(string field, string name, int longest)
    {
        if (name.Length == 0)
            throw new MachineConfigException(field, "is empty");
        if (name.Length > longest)
            throw new MachineConfigException(field, $"is {name.Length} characters long; at most {longest} are possible");
        if (name.AsSpan().ContainsAnyExcept(s_allowed) || !char.IsAsciiLetterOrDigit(name[0]))
            throw new MachineConfigException(field, $"'{Printable.Escape(name)}' is not a name: letters, digits, '.', '_' and '-', beginning with a letter or digit");
    }
}
