using System.CommandLine;
using System.Globalization;
using Vmm.Machine.Config;

namespace Vmm.Cli;

/// <summary>A number of seconds that an option gives, a day at most.</summary>
internal static class Seconds
{
    private const double Most = 86400;

    /// <summary>Reads it.</summary>
    /// <param name="line">The command line.</param>
    /// <param name="option">The option.</param>
    /// <param name="usual">What it is when it is not given.</param>
    /// <param name="orNone">Whether 0 is a number of seconds here.</param>
    /// <exception cref="UsageException">It is none.</exception>
    public static TimeSpan Read(ParseResult line, Option<string?> option, double usual, bool orNone = true)
    {
        if (line.GetValue(option) is not string text)
            return TimeSpan.FromSeconds(usual);
        return double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds) && seconds is >= 0 and <= Most && (orNone || seconds > 0)
            ? TimeSpan.FromSeconds(seconds)
            : throw UsageException.For(line.CommandResult.Command, $"{option.Name}: '{Printable.Escape(text)}' is not a number of seconds {(orNone ? "from 0" : "up")} to {Most}");
    }
}
