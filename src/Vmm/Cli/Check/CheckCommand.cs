using System.CommandLine;
using Vmm.Machine.Config;

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
            string form = line.GetValue(output) ?? "text";
            if (form is not ("text" or "json"))
                throw UsageException.For(command, $"--output: '{Printable.Escape(form)}' is none of text, json");
            HostReport report = HostReport.Collect();
            System.Console.Out.Write(form == "json" ? HostReportWriter.Json(report) : HostReportWriter.Text(report));
            return report.CanRun ? ExitCodes.PoweredOff : ExitCodes.StartFailed;
        });
        return command;
    }
}
