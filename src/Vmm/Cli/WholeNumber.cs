using System.CommandLine;
using System.Globalization;
using Vmm.Machine.Config;

namespace Vmm.Cli;

/// <summary>A whole number that an option gives.</summary>
internal static class WholeNumber
{
    /// <summary>Reads it.</summary>
    /// <param name="line">The command line.</param>
    /// <param name="option">The option.</param>
    /// <param name="least">The least that it may be.</param>
    /// <param name="most">The most that it may be.</param>
    /// <returns>Null when it is not given.</returns>
    /// <exception cref="UsageException">It is none, or out of its bounds.</exception>
    public static int? Read(ParseResult line, Option<string?> option, int least, int most)
    {
        if (line.GetValue(option) is not string text)
            return null;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most
            ? number
            : throw UsageException.For(line.CommandResult.Command, $"{option.Name}: '{Printable.Escape(text)}' is no whole number from {least} to {most}");
    }
}
