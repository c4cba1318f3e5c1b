using System.Text.Json.Serialization;

namespace Vmm.Machine.Config;

/// <summary>Where a console leads: <c>tty</c>, <c>off</c> or <c>file=PATH</c>.</summary>
/// <param name="Kind">Which of the three.</param>
/// <param name="Path">The file, for <see cref="ConsoleKind.File"/>.</param>
[JsonConverter(typeof(ConsoleTargetConverter))]
internal sealed record ConsoleTarget(ConsoleKind Kind, string? Path = null)
{
    private const string FilePrefix = "file=";

    /// <summary>Standard input and output.</summary>
    public static ConsoleTarget Tty { get; } = new(ConsoleKind.Tty);

    /// <summary>Nowhere.</summary>
    public static ConsoleTarget Off { get; } = new(ConsoleKind.Off);

    /// <summary>Reads the option's form.</summary>
    /// <exception cref="FormatException">With what is wrong with it.</exception>
    public static ConsoleTarget Parse(string text)
    {
        if (text == "tty")
            return Tty;
        if (text == "off")
            return Off;
        if (!text.StartsWith(FilePrefix, StringComparison.Ordinal))
            throw new FormatException($"'{text}' is none of tty, off, file=PATH");
        string path = text[FilePrefix.Length..];
        return path.Length > 0 ? new(ConsoleKind.File, path) : throw new FormatException("file= needs a path");
    }

    /// <summary>The option's form again.</summary>
    public override string ToString() => Kind switch
    {
        ConsoleKind.Tty => "tty",
        ConsoleKind.Off => "off",
        _ => FilePrefix + Path,
    };
}
