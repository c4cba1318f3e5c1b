using System.Diagnostics;

namespace Vmm.Tests.Vmm.Cli;

/// <summary>The built program, run to its end with its streams caught: for what it writes to standard error by the descriptor.</summary>
internal static class VmmCommand
{
    /// <summary>Runs it.</summary>
    public static (int Code, string Output, string Error) Run(params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(VmmProcess.Program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.GetAwaiter().GetResult());
    }
}
