using System.CommandLine;
using Vmm.Control.Local;
using Vmm.Machine.Config;
using Vmm.Registry;

namespace Vmm.Cli.Machines;

/// <summary><c>vmm link</c>: puts a network device's cable in, or pulls it.</summary>
internal static class LinkCommand
{
    /// <summary>The command for the parser.</summary>
    public static Command Create()
    {
        Argument<string> name = VmArgument.One();
        Argument<string[]> what = new("[id] up|down")
        {
            Description = "The network device, where there are several, and what its link is to be",
            Arity = new ArgumentArity(1, 2),
        };
        Command command = new("link", "Put a network device's cable in, or pull it") { name, what };
        command.SetAction(line =>
        {
            string[] words = line.GetValue(what)!;
            NetLink link;
            try
            {
                link = Word.Parse<NetLink>(words[^1]);
            }
            catch (FormatException wrong)
            {
                throw UsageException.For(command, wrong.Message);
            }
            VmFolder folder = VmHome.Find().Existing(line.GetValue(name)!);
            using ControlClient client = ControlClient.Connect(folder, "change a link of");
            client.Ask(new ControlRequest { Verb = ControlVerb.Link, Net = words.Length > 1 ? words[0] : null, Link = link });
            return ExitCodes.PoweredOff;
        });
        return command;
    }
}
