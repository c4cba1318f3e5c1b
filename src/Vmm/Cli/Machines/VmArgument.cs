using System.CommandLine;
using Vmm.Control.Local;
using Vmm.Registry;

namespace Vmm.Cli.Machines;

/// <summary>The parts that commands on existing VMs have in common: the name, and <c>--output</c>.</summary>
internal static class VmArgument
{
    /// <summary>One VM.</summary>
    public static Argument<string> One() => new("name") { Description = "The VM" };

    /// <summary>One VM or more.</summary>
    public static Argument<string[]> Some() => new("name") { Description = "The VM, or several", Arity = ArgumentArity.OneOrMore };

    /// <summary>How a listing is written.</summary>
    public static Option<string?> Output() => new("--output") { Description = "How to write it [table]", HelpName = "table|json" };

    /// <summary>Whether JSON was asked for.</summary>
    /// <param name="line">The command line.</param>
    /// <param name="output">The option.</param>
    /// <param name="usual">What the other form is called.</param>
    /// <exception cref="UsageException">It is neither.</exception>
    public static bool WantsJson(ParseResult line, Option<string?> output, string usual = "table") => line.GetValue(output) switch
    {
        null => false,
        "json" => true,
        string form when form == usual => false,
        string other => throw UsageException.For(line.CommandResult.Command, $"--output: '{Machine.Config.Printable.Escape(other)}' is none of {usual}, json"),
    };

    /// <summary>A command that does one thing to each of the VMs named.</summary>
    /// <param name="name">The verb.</param>
    /// <param name="description">For the help.</param>
    /// <param name="act">Does it to one VM.</param>
    public static Command Verb(string name, string description, Action<VmFolder> act)
    {
        Argument<string[]> names = Some();
        Command command = new(name, description) { names };
        command.SetAction(line => ForEach(line.GetValue(names)!, act));
        return command;
    }

    /// <summary>A command that asks each of the VMs named for one thing.</summary>
    public static Command Verb(string name, string description, ControlVerb verb) => Verb(name, description, folder =>
    {
        using ControlClient client = ControlClient.Connect(folder, name);
        client.Ask(verb);
    });

    /// <summary>Does a thing to each; one that fails is told and does not keep the others from it.</summary>
    /// <returns>0, or the first failure's exit code.</returns>
    public static int ForEach(IReadOnlyList<string> names, Action<VmFolder> act)
    {
        VmHome home = VmHome.Find();
        int code = ExitCodes.PoweredOff;
        foreach (string name in names)
        {
            try
            {
                act(home.Existing(name));
            }
            catch (Host.VmmException refused) when (names.Count > 1)
            {
                int its = ErrorReport.Write(refused);
                code = code == ExitCodes.PoweredOff ? its : code;
            }
        }
        return code;
    }
}
