using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Vmm.Lab.Channel;
using Vmm.Lab.Hosts;

namespace Vmm.Lab.Cli;

/// <summary>Connects this process's streams, or its terminal, to a command in the lab.</summary>
internal static class Terminal
{
    private const int SIGINT = 2, SIGTERM = 15;

    /// <summary>A shell without the user's own start-up files: what they do may take seconds in L1.</summary>
    public static Task<int> ShellAsync(ILabHost host) => RunAsync(
        host, ["/usr/bin/env", @"PS1=lab:\w\$ ", "/bin/bash", "--noprofile", "--norc", "-i"], pty: true);

    public static async Task<int> RunAsync(ILabHost host, string[] arguments, bool pty)
    {
        await using var output = Console.OpenStandardOutput();
        await using var error = Console.OpenStandardError();
        var command = new LabCommand(arguments)
        {
            Pty = pty,
            Size = pty ? Size() : (24, 80),
            Folder = Environment.CurrentDirectory,
            Environment = new Dictionary<string, string> { ["TERM"] = Environment.GetEnvironmentVariable("TERM") ?? "dumb" },
            Sink = async (data, isError) => await (isError ? error : output).WriteAsync(data),
        };
        var raw = pty && !Console.IsInputRedirected;
        var saved = raw ? Stty("-g").Trim() : "";
        await using var session = await host.StartAsync(command);
        using var resize = PosixSignalRegistration.Create(PosixSignal.SIGWINCH, signal =>
        {
            var (rows, columns) = Size();
            _ = session.ResizeAsync(rows, columns);
        });
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Pass(context, session, SIGINT));
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Pass(context, session, SIGTERM));
        try
        {
            if (raw)
                Stty("raw", "-echo");
            // Console.OpenStandardInput would edit lines and echo by itself on a terminal.
            await using var input = new FileStream(new SafeFileHandle(0, ownsHandle: false), FileAccess.Read, bufferSize: 0);
            _ = session.WriteAsync(input);
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

    /// <summary>From stty: .NET's own Console would write to the terminal to find out about it.</summary>
    private static (int Rows, int Columns) Size() =>
        !Console.IsInputRedirected
        && Stty("size").Split(' ', StringSplitOptions.TrimEntries) is [var rows, var columns]
        && int.TryParse(rows, out var r) && int.TryParse(columns, out var c) && r > 0 && c > 0
            ? (r, c)
            : (24, 80);

    /// <summary>All its streams are redirected: .NET puts the terminal's settings back after a child that shares one with it.</summary>
    private static string Stty(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("stty", ["-F", "/dev/tty", .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output;
    }
}
