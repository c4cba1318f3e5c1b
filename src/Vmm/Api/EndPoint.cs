using System.Globalization;
using Vmm.Machine.Config;

namespace Vmm.Api;

/// <summary>Where something of this process can be reached: a path, or a descriptor that whoever started it handed over.</summary>
/// <param name="Path">The path; null for a descriptor.</param>
/// <param name="Fd">The descriptor; null for a path.</param>
internal sealed record EndPoint(string? Path, int? Fd)
{
    /// <summary>The first descriptors are standard input, output and error.</summary>
    private const int FirstFree = 3;
    private const string PathPrefix = "path=";
    private const string FdPrefix = "fd=";

    /// <summary>Reads <c>PATH</c>, <c>path=PATH</c> or <c>fd=N</c>.</summary>
    /// <param name="text">The option's value.</param>
    /// <param name="needsKey">Whether a path has to be written <c>path=PATH</c>.</param>
    /// <exception cref="FormatException">With what is wrong with it.</exception>
    public static EndPoint Parse(string text, bool needsKey)
    {
        if (text.StartsWith(FdPrefix, StringComparison.Ordinal))
            return new(null, Number(text[FdPrefix.Length..]));
        bool hasKey = text.StartsWith(PathPrefix, StringComparison.Ordinal);
        if (needsKey && !hasKey)
            throw new FormatException($"'{Printable.Escape(text)}' is neither path=FILE nor fd=N");
        string path = hasKey ? text[PathPrefix.Length..] : text;
        try
        {
            PathRules.Check("path", path);
        }
        catch (MachineConfigException wrong)
        {
            throw new FormatException(wrong.Reason, wrong);
        }
        return new(path, null);
    }

    private static int Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int fd) && fd >= FirstFree
            ? fd
            : throw new FormatException($"fd={Printable.Escape(text)} is no descriptor that can be handed over: a number from {FirstFree} on");
}
