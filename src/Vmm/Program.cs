using System.Runtime.Versioning;
using Vmm.Cli;

[assembly: SupportedOSPlatform("linux")]

namespace Vmm;

internal static class Program
{
    private static int Main(string[] arguments)
    {
        try
        {
            return CommandLine.Run(arguments);
        }
        catch (Exception fault)
        {
            return ErrorReport.Write(fault);
        }
    }
}
