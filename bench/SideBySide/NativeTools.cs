using System.Diagnostics;

namespace Vmm.Bench.SideBySide;

/// <summary>Builds the small C programs beside this one, when they changed, with the machine's own gcc.</summary>
internal static class NativeTools
{
    private static readonly string s_folder = Path.Combine(AppContext.BaseDirectory, "Native");

    /// <summary>Builds one and says where it is.</summary>
    /// <param name="name">As in <c>bench/Native/NAME.c</c>.</param>
    public static string Build(string name)
    {
        string program = Path.Combine(s_folder, name);
        if (File.GetLastWriteTimeUtc(program) > File.GetLastWriteTimeUtc(program + ".c"))
            return program;
        ProcessStartInfo compiler = new("gcc", ["-O2", "-Wall", "-Werror", "-pthread", "-o", program, program + ".c"]) { RedirectStandardError = true };
        using Process process = Process.Start(compiler)!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? program : throw new InvalidOperationException($"gcc {name}.c: {errors}");
    }
}
