using System.CommandLine;
using Vmm.Host;
using Vmm.Registry;

namespace Vmm.Cli.Machines;

/// <summary><c>vmm logs</c>: what a VM's guest printed, or what vmm itself said of it.</summary>
internal static class LogsCommand
{
    /// <summary>The command for the parser.</summary>
    public static Command Create()
    {
        Argument<string> name = VmArgument.One();
        Option<bool> own = new("--vmm") { Description = "What vmm itself said, not what the guest printed" };
        Option<bool> follow = new("--follow") { Description = "Go on as more comes, until the VM ends" };
        Option<string?> tail = new("--tail") { Description = "Only the last lines [all]", HelpName = "LINES" };
        Command command = new("logs", "Show what a VM's guest printed") { name, own, follow, tail };
        command.SetAction(line =>
        {
            int? lines = WholeNumber.Read(line, tail, 1, int.MaxValue);
            VmFolder folder = VmHome.Find().Existing(line.GetValue(name)!);
            using FollowedFile file = new(line.GetValue(own) ? folder.VmmLog : folder.ConsoleLog);
            using Stream output = StandardOutput.Open();
            if (lines is int last)
                file.SkipToLastLines(last);
            file.CopyTo(output);
            while (line.GetValue(follow) && folder.IsAlive && StandardOutput.HasReader)
            {
                file.WaitForMore();
                file.CopyTo(output);
            }
            return ExitCodes.PoweredOff;
        });
        return command;
    }
}
