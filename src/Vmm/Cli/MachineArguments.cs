using System.CommandLine;
using Vmm.Machine.Config;

namespace Vmm.Cli;

/// <summary>The arguments that describe a machine, for the commands that take one: an optional file, and the options that win over it.</summary>
internal sealed class MachineArguments
{
    private readonly Argument<string?> _file = new("machine.json")
    {
        Description = "A file that describes the machine with the names of the options; options given beside it win, --disk and --module add to it",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<bool> _agent = new("--agent") { Description = $"A port for the QEMU guest agent, for 'vmm agent': --port {PortConfig.GuestAgent}" };

    private readonly IReadOnlyList<RunOption> _options = RunOptions.All();

    /// <summary>Adds the arguments to a command.</summary>
    public MachineArguments(Command command)
    {
        command.Add(_file);
        foreach (RunOption option in _options)
            command.Add(option.Symbol);
        command.Add(_agent);
    }

    /// <summary>The machine that they describe, resolved.</summary>
    /// <param name="line">The command line.</param>
    /// <param name="also">Changes it before it is resolved.</param>
    /// <exception cref="Host.VmmException">Something is wrong with it; the message names the option, or the file's line.</exception>
    public MachineConfig Describe(ParseResult line, Action<MachineConfig>? also = null)
    {
        MachineConfigFile? file = line.GetValue(_file) is string path ? MachineConfigFile.Read(path) : null;
        MachineConfig machine = file?.Config ?? new();
        foreach (RunOption option in _options)
            option.Apply(line, machine);
        if (line.GetValue(_agent) && !machine.Port.Any(port => port.Name == PortConfig.GuestAgent))
            machine.Port = [.. machine.Port, new() { Name = PortConfig.GuestAgent }];
        also?.Invoke(machine);
        try
        {
            return MachineConfigResolver.Resolve(machine);
        }
        catch (MachineConfigException wrong)
        {
            string name = OptionName(wrong.Field);
            bool given = _options.Any(option => option.Name == name && option.IsGiven(line));
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
