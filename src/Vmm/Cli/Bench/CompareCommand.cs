using System.CommandLine;
using Vmm.Bench.Exits;
using Vmm.Cli.Machines;

namespace Vmm.Cli.Bench;

/// <summary><c>vmm bench compare</c>: two reports of <c>vmm bench exits</c>, and which differences are more than chance.</summary>
internal static class CompareCommand
{
    /// <summary>The command for the parser.</summary>
    public static Command Create()
    {
        Argument<string> first = new("first") { Description = "A report: 'vmm bench exits --output json > first.json'" };
        Argument<string> second = new("second") { Description = "Another" };
        Option<string?> output = VmArgument.Output();
        Command command = new("compare", "Compare two reports of 'vmm bench exits', with confidence intervals") { first, second, output };
        command.SetAction(line =>
        {
            bool json = VmArgument.WantsJson(line, output);
            ExitsComparison found = ExitsComparison.Of(ExitsJson.Read(line.GetValue(first)!), ExitsJson.Read(line.GetValue(second)!));
            System.Console.Out.Write(json ? ExitsJson.Write(found) : ExitsText.Table(found));
            return ExitCodes.PoweredOff;
        });
        return command;
    }
}
