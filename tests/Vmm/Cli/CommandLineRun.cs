using Vmm.Cli;
using Vmm.Host;

namespace Vmm.Tests.Vmm.Cli;

/// <summary>Runs the command line inside the test's process and catches what it prints. One at a time: the console is the process's.</summary>
internal static class CommandLineRun
{
    private static readonly Lock s_console = new();

    public static (int Code, string Output) Run(params string[] arguments)
    {
        lock (s_console)
        {
            TextWriter before = Console.Out;
            using StringWriter output = new();
            Console.SetOut(output);
            try
            {
                return (CommandLine.Run(arguments), output.ToString());
            }
            finally
            {
                Console.SetOut(before);
            }
        }
    }

    public static VmmException Refused(params string[] arguments) => Xunit.Assert.ThrowsAny<VmmException>(() => CommandLine.Run(arguments));

    /// <summary>The resolved machine as JSON.</summary>
    public static string DryRun(params string[] arguments)
    {
        (int code, string output) = Run(["run", .. arguments, "--dry-run"]);
        Xunit.Assert.Equal(0, code);
        return output;
    }
}
