using System.Diagnostics;
using Vmm.Host;

namespace Vmm.Cli.Machines;

/// <summary><c>vmm receive -d</c>: the same command again as a process of its own, which says where it waits and is left alone then.</summary>
internal static class DetachedReceiver
{
    /// <summary>The verb by which the process knows that it is the one in the background. Not for users.</summary>
    public const string Verb = "receive-in-background";

    private const string Waiting = "waiting ";

    /// <summary>Starts it, and prints where it waits, and which process does.</summary>
    /// <returns>The exit code.</returns>
    public static int Start()
    {
        ProcessStartInfo what = new(Environment.ProcessPath ?? "/proc/self/exe")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        what.ArgumentList.Add(Verb);
        foreach (string argument in Environment.GetCommandLineArgs()[2..])
            what.ArgumentList.Add(argument);
        using Process process = Process.Start(what) ?? throw new VmmException("cannot start a process to wait in");
        string? said = process.StandardOutput.ReadLine();
        if (said?.StartsWith(Waiting, StringComparison.Ordinal) == true)
        {
            System.Console.Out.WriteLine(said[Waiting.Length..]);
            // It has no name before a VM has come, and so is in no list.
            StandardError.Write($"vmm: process {process.Id} waits there for a VM; 'kill {process.Id}' ends that\n");
            return ExitCodes.PoweredOff;
        }
        // It has said why itself, in our words.
        StandardError.Write(process.StandardError.ReadToEnd());
        process.WaitForExit();
        return process.ExitCode;
    }

    /// <summary>In the process: says where it waits, and leaves the terminal.</summary>
    public static void Leave(string place)
    {
        _ = Linux.setsid();
        System.Console.Out.WriteLine(Waiting + place);
        System.Console.Out.Flush();
    }
}
