using System.CommandLine;
using System.CommandLine.Parsing;
using Vmm.Machine.Config;

namespace Vmm.Cli;

/// <summary>One option of <c>vmm run</c>: its name, and what its value does to the machine's description.</summary>
internal sealed class RunOption
{
    private readonly Action<MachineConfig, string> _apply;
    /// <summary>Describes an option with a value.</summary>
    /// <param name="name">Without the dashes; the field's name in a machine file too.</param>
    /// <param name="form">What its value looks like, for the help.</param>
    /// <param name="description">One line.</param>
    /// <param name="apply">Reads the value; throws <see cref="FormatException"/> with what is wrong with it.</param>
    /// <param name="repeatable">Whether it may be given more than once.</param>
    public RunOption(string name, string form, string description, Action<MachineConfig, string> apply, bool repeatable = false)
    {
        Name = name;
        _apply = apply;
        Symbol = repeatable ? new Option<string[]>("--" + name) : new Option<string>("--" + name);
        Symbol.Description = description;
        Symbol.HelpName = form;
        Symbol.Arity = repeatable ? ArgumentArity.OneOrMore : ArgumentArity.ExactlyOne;
    }

    /// <summary>The option's and the field's name.</summary>
    public string Name { get; }

    /// <summary>The option as the parser knows it.</summary>
    public Option Symbol { get; }

    /// <summary>Whether the user gave it.</summary>
    public bool IsGiven(ParseResult line) => line.GetResult(Symbol) is { Implicit: false };

    /// <summary>Reads what was given into the machine's description.</summary>
    /// <exception cref="UsageException">Naming the option.</exception>
    public void Apply(ParseResult line, MachineConfig machine)
    {
        if (line.GetResult(Symbol) is not { Implicit: false } given)
            return;
        foreach (Token value in given.Tokens)
        {
            try
            {
                _apply(machine, value.Value);
            }
            catch (FormatException wrong)
            {
                throw UsageException.For(line.CommandResult.Command, $"--{Name}: {wrong.Message}");
            }
        }
    }
}
