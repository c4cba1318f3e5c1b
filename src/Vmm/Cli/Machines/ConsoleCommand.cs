using System.CommandLine;
using Vmm.Control.Local;
using Vmm.Registry;

namespace Vmm.Cli.Machines;

/// <summary><c>vmm console</c>: attaches this terminal to a VM's console, until Ctrl-A d.</summary>
internal static class ConsoleCommand
{
    /// <summary>The command for the parser.</summary>
    public static Command Create()
    {
        Argument<string> name = VmArgument.One();
        Command command = new("console", "Attach to a VM's console (Ctrl-A d detaches)") { name };
        command.SetAction(line =>
        {
            VmFolder folder = VmHome.Find().Existing(line.GetValue(name)!);
            using ControlClient client = ControlClient.Connect(folder, "attach to");
            client.Ask(ControlVerb.Console);
            bool ended;
            using (ConsoleAttachment attachment = new(client.Stream))
                ended = attachment.Run();
            System.Console.Error.WriteLine(ended ? $"\nvmm: {folder.Name}: the VM has ended" : $"\nvmm: detached from {folder.Name}; 'vmm console {folder.Name}' comes back");
            return ExitCodes.PoweredOff;
        });
        return command;
    }
}
