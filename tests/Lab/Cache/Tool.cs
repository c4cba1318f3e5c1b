using System.ComponentModel;
using System.Diagnostics;

namespace Vmm.Lab.Cache;

/// <summary>Runs a program of this machine that the lab needs to build its parts.</summary>
public static class Tool
{
    /// <summary>Runs it to its end; what it printed is returned, a failure is an exception with what it complained about.</summary>
    public static async Task<string> RunAsync(string program, IEnumerable<string> arguments, string? folder = null)
    {
        using var process = Start(program, arguments, folder);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        await FinishAsync(process, program);
        return await output;
    }

    /// <summary>Feeds <paramref name="input"/> to it and stores what it prints in <paramref name="outputFile"/>.</summary>
    public static async Task FilterAsync(string program, IEnumerable<string> arguments, ReadOnlyMemory<byte> input, string outputFile)
    {
        using var process = Start(program, arguments, folder: null);
        await using var file = File.Create(outputFile);
        var copying = process.StandardOutput.BaseStream.CopyToAsync(file);
        var finishing = FinishAsync(process, program);
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It stopped reading: what it says about that comes out of FinishAsync.
        }
        await finishing;
        await copying;
    }

    private static Process Start(string program, IEnumerable<string> arguments, string? folder)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? "/",
        };
        start.Environment["LC_ALL"] = "C";
        start.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH") + ":/usr/sbin:/sbin";
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception missing)
        {
            throw new LabException($"cannot run '{program}': {missing.Message}; run tests/Lab/install.sh once", missing);
        }
    }

    private static async Task FinishAsync(Process process, string program)
    {
        var complaint = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new LabException($"'{program} {string.Join(' ', process.StartInfo.ArgumentList)}' failed ({process.ExitCode}): {complaint.Trim()}");
    }
}
