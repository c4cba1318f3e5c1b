using System.CommandLine;
using Vmm.Machine.Config;

namespace Vmm.Cli;

/// <summary><c>vmm run</c>: describes a machine, then runs it.</summary>
internal static class RunCommand
{
    /// <summary>The command for the parser.</summary>
    public static Command Create()
    {
        Argument<string?> file = new("machine.json")
        {
            Description = "A file that describes the machine with the names of the options; options given beside it win, --disk and --module add to it",
            Arity = ArgumentArity.ZeroOrOne,
        };
        IReadOnlyList<RunOption> options = RunOptions.All();
        Option<bool> stats = new("--stats") { Description = "Count exits and show them at the end" };
        Option<bool> dryRun = new("--dry-run") { Description = "Print the machine as it would be run, as a file that 'vmm run' takes, and stop" };

        Command command = new("run", "Run a machine");
        command.Add(file);
        foreach (RunOption option in options)
            command.Add(option.Symbol);
        command.Add(stats);
        command.Add(dryRun);
        command.SetAction(line =>
        {
            MachineConfig machine = Describe(line, options, line.GetValue(file), line.GetValue(stats));
            if (!line.GetValue(dryRun))
                return MachineSession.Run(machine);
            System.Console.Out.WriteLine(MachineConfigFile.Write(machine));
            return ExitCodes.PoweredOff;
        });
        return command;
    }

    private static MachineConfig Describe(ParseResult line, IReadOnlyList<RunOption> options, string? path, bool stats)
    {
        MachineConfigFile? file = path is null ? null : MachineConfigFile.Read(path);
        MachineConfig machine = file?.Config ?? new();
        foreach (RunOption option in options)
            option.Apply(line, machine);
        machine.Stats |= stats;
        try
        {
            return MachineConfigResolver.Resolve(machine);
        }
        catch (MachineConfigException wrong)
        {
            string name = OptionName(wrong.Field);
            bool given = options.Any(option => option.Name == name && option.IsGiven(line));
            throw file is null || given ? OptionError(line, wrong) : file.Error(wrong.Field, wrong.Reason);
        }
    }

    private static string OptionName(string field)
    {
        int end = field.AsSpan().IndexOfAny('.', '[');
        return end < 0 ? field : field[..end];
    }

    /// <summary>The option, and the key within it unless that is the one which may be left out.</summary>
    private static UsageException OptionError(ParseResult line, MachineConfigException wrong)
    {
        string key = wrong.Field[(wrong.Field.LastIndexOf('.') + 1)..];
        string shown = key == wrong.Field || key is "count" or "size" or "path" ? "" : key + ": ";
        return UsageException.For(line.CommandResult.Command, $"--{OptionName(wrong.Field)}: {shown}{wrong.Reason}");
    }
}
