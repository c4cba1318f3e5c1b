using Vmm.Cli;
using Vmm.Host;

namespace Vmm;

internal static class Program
{
    private static int Main(string[] arguments)
    {
        ProcessStart.Prepare();
        OutputStream.Use();
        // A fault on a thread of its own is told like any other, and the terminal restored, in place of a stack trace.
        AppDomain.CurrentDomain.UnhandledException += static (_, fault) => Environment.Exit(ErrorReport.Write((Exception)fault.ExceptionObject));
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
