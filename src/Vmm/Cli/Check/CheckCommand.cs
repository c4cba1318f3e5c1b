using System.CommandLine;
using Vmm.Cli.Machines;

namespace Vmm.Cli.Check;

/// <summary><c>vmm check</c>: whether this host can run guests, and what they will lack.</summary>
internal static class CheckCommand
{
    /// <summary>The command for the parser.</summary>
    public static Command Create()
    {
        Option<string?> output = new("--output") { Description = "How the answer is written [text]", HelpName = "text|json" };
        Command command = new("check", "Say whether this host can run guests, and what they will lack") { output };
        command.SetAction(line =>
        {
            bool json = VmArgument.WantsJson(line, output, "text");
            HostReport report = HostReport.Collect();
            System.Console.Out.Write(json ? HostReportWriter.Json(report) : HostReportWriter.Text(report));
            return report.CanRun ? ExitCodes.PoweredOff : ExitCodes.StartFailed;
        });
        return command;
    }
}
