using Vmm.Cli;

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
