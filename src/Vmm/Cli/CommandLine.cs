using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using Vmm.Cli.Agent;
using Vmm.Consoles;
using Vmm.Host;
using Vmm.Machine.Config;

namespace Vmm.Cli;

/// <summary>The whole command line: one verb a file.</summary>
internal static class CommandLine
{
    private static readonly ParserConfiguration s_parsing = new() { EnablePosixBundling = false, ResponseFileTokenReplacer = null };

    /// <summary>Signals and exceptions are handled by this program itself.</summary>
    private static readonly InvocationConfiguration s_invocation = new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };

    /// <summary>Does what the arguments say.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="VmmException">What the user can mend.</exception>
    public static int Run(string[] arguments)
    {
        Command root = Create(arguments.FirstOrDefault());
        if (arguments.Length == 0)
        {
            Invoke(root.Parse(["--help"], s_parsing));
            return ExitCodes.Usage;
        }
        ParseResult line = root.Parse(arguments is ["--version"] ? ["version"] : arguments, s_parsing);
        if (line.Action is not HelpAction)
            Check(line, arguments);
        return Invoke(line);
    }

    private static int Invoke(ParseResult line)
    {
        // The library would ask the runtime for the width, which sets the terminal up for keys first.
        if (line.Action is HelpAction help)
            help.MaxWidth = Columns ?? int.MaxValue;
        return line.Invoke(s_invocation);
    }

    /// <summary>The verb, or all of them.</summary>
    /// <param name="verb">Which; all if there is none of this name.</param>
    public static Command Create(string? verb = null)
    {
        // Not the library's root command: that looks for the program's name and version by reflection, a millisecond of each start.
        Command root = new("vmm", "Runs microVMs on /dev/kvm.") { CreateHelp() };
        foreach (Command command in Verbs.Create(verb))
            root.Add(command);
        ControlOptions control = new();
        control.AddTo(root);
        root.SetAction(line => control.Read(line) switch
        {
            { ApiSocket: not null } where => EmptySession.Run(where),
            { EventMonitor: not null } => throw UsageException.For(root, "--event-monitor: needs --api-socket beside it, or 'run'"),
            _ => throw UsageException.For(root, "which command?"),
        });
        return root;
    }

    /// <summary>How wide the terminal is that is printed to; null where it is none.</summary>
    private static int? Columns
    {
        get
        {
            using Terminal terminal = new(StandardOutput.Descriptor);
            return terminal.Size?.Columns;
        }
    }

    /// <summary>Not the library's own option either: that fetches its description from resources by reflection, at each start.</summary>
    private static Option<bool> CreateHelp() => new("--help", "-h", "-?", "/h", "/?")
    {
        Action = new HelpAction(),
        Arity = ArgumentArity.Zero,
        Description = "Show help and usage information",
        Recursive = true,
    };

    /// <summary>Refuses what is unknown, missing or given twice, in that order: a wrong name is behind most of the other two.</summary>
    private static void Check(ParseResult line, string[] arguments)
    {
        Command command = line.CommandResult.Command;
        IEnumerable<Token> verbatim = line.CommandResult.Children.OfType<ArgumentResult>().Where(result => result.Argument is VerbatimArgument).SelectMany(result => result.Tokens);
        foreach (string text in line.CommandResult.Tokens.Except(verbatim).Select(token => token.Value).Concat(line.UnmatchedTokens))
        {
            if (text.Length > 1 && text[0] == '-')
                throw UsageException.For(command, $"unknown option '{Printable.Escape(text)}'{Suggestion.For(text, command.Options.Select(option => option.Name))}");
        }
        if (line.UnmatchedTokens.Count > 0)
        {
            string text = line.UnmatchedTokens[0];
            string what = command.Subcommands.Count > 0 ? "unknown command" : "unexpected argument";
            throw UsageException.For(command, $"{what} '{Printable.Escape(text)}'{Suggestion.For(text, command.Subcommands.Select(known => known.Name))}");
        }
        foreach (OptionResult option in line.CommandResult.Children.OfType<OptionResult>())
        {
            bool repeatable = option.Option.Arity.MaximumNumberOfValues > 1;
            if (option.IdentifierTokenCount > 1 && !repeatable)
                throw UsageException.For(command, $"{option.Option.Name}: is given twice");
            // Of "--kernel $KERNEL --initrd FILE" without KERNEL the parser makes a kernel of the name "--initrd".
            if (option.Tokens.FirstOrDefault(token => IsOption(token.Value, line) && arguments.Contains(token.Value)) is { } taken)
                throw UsageException.For(command, $"{option.Option.Name}: needs a value: {option.Option.HelpName}; '{taken.Value}' is an option (for a value of that name: {option.Option.Name}={taken.Value})");
            if (option.Tokens.Count < option.Option.Arity.MinimumNumberOfValues)
                throw UsageException.For(command, $"{option.Option.Name}: needs a value: {option.Option.HelpName}");
        }
        if (line.Errors.Count > 0)
            throw UsageException.For(command, line.Errors[0].Message.TrimEnd('.'));
    }

    /// <summary>Whether the command has an option of this name, or every command has (<c>--help</c>).</summary>
    private static bool IsOption(string text, ParseResult line) => line.CommandResult.Command.Options
        .Concat(line.RootCommandResult.Command.Options.Where(option => option.Recursive))
        .Any(option => option.Name == text || option.Aliases.Contains(text));
}
