using System.Diagnostics;
using System.Runtime.InteropServices;
using Vmm.Lab.Channel;
using Vmm.Lab.Hosts;

namespace Vmm.Lab.Cli;

/// <summary>Connects this process's streams, or its terminal, to a command in the lab.</summary>
internal static class Terminal
{
    private const int SIGINT = 2, SIGTERM = 15;

    public static async Task<int> RunAsync(ILabHost host, string[] arguments, bool pty)
    {
        await using var output = Console.OpenStandardOutput();
        await using var error = Console.OpenStandardError();
        var command = new LabCommand(arguments)
        {
            Pty = pty,
            Size = Size(),
            Folder = Environment.CurrentDirectory,
            Environment = new Dictionary<string, string> { ["TERM"] = Environment.GetEnvironmentVariable("TERM") ?? "dumb" },
            Sink = async (data, isError) => await (isError ? error : output).WriteAsync(data),
        };
        var raw = pty && !Console.IsInputRedirected;
        var saved = raw ? Stty("-g").Trim() : "";
        await using var session = await host.StartAsync(command);
        using var resize = PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => session.ResizeAsync(Size().Rows, Size().Columns));
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Pass(context, session, SIGINT));
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Pass(context, session, SIGTERM));
        try
        {
            if (raw)
                Stty("raw", "-echo");
            _ = session.WriteAsync(Console.OpenStandardInput());
            return await session.Exit;
        }
        finally
        {
            if (raw)
                Stty(saved);
        }
    }

    private static void Pass(PosixSignalContext context, LabSession session, int signal)
    {
        context.Cancel = true;
        _ = session.SignalAsync(signal);
    }

    private static (int Rows, int Columns) Size() =>
        Console.IsOutputRedirected ? (24, 80) : (Math.Max(Console.WindowHeight, 1), Math.Max(Console.WindowWidth, 1));

    private static string Stty(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("stty", arguments) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output;
    }
}
