using System.CommandLine;
using System.Runtime.InteropServices;

namespace Vmm.Cli;

/// <summary><c>vmm version</c>: which program this is.</summary>
internal static class VersionCommand
{
    /// <summary>The command for the parser.</summary>
    public static Command Create()
    {
        Command command = new("version", "Show the version");
        command.SetAction(_ =>
        {
            System.Console.Out.WriteLine($"vmm {Current} ({RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier})");
            return ExitCodes.PoweredOff;
        });
        return command;
    }

    /// <summary>The version, as in the project file.</summary>
    public static string Current { get; } = typeof(VersionCommand).Assembly.GetName().Version!.ToString(fieldCount: 3);
}
