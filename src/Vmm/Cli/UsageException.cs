using System.CommandLine;
using Vmm.Host;

namespace Vmm.Cli;

/// <summary>A command line that cannot be understood.</summary>
/// <param name="message">What is wrong with it.</param>
/// <param name="hint">Where to read how it is meant; shown on a line of its own.</param>
internal sealed class UsageException(string message, string hint) : VmmException(message, ExitCodes.Usage)
{
    /// <summary>Where to read how it is meant.</summary>
    public string Hint { get; } = hint;

    /// <summary>An error in what was given to one command.</summary>
    public static UsageException For(Command command, string message) =>
        new(message, $"Try 'vmm {Path(command)}--help'.");

    /// <summary>A command's name after those of the commands that it belongs to, as it is typed. The one that belongs to none is the program.</summary>
    private static string Path(Command command) => !command.Parents.Any()
        ? ""
        : $"{string.Concat(command.Parents.OfType<Command>().Select(Path))}{command.Name} ";
}
