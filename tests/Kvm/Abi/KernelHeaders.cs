using System.Diagnostics;

namespace Vmm.Tests.Kvm.Abi;

/// <summary>Asks the C compiler what the kernel's headers say.</summary>
internal static class KernelHeaders
{
    /// <summary>Evaluates C expressions of integer type with linux/kvm.h included.</summary>
    public static Dictionary<string, long> Evaluate(IReadOnlyCollection<string> expressions) => Evaluate(expressions, "linux/kvm.h");

    /// <summary>Evaluates C expressions of integer type with other headers included.</summary>
    public static Dictionary<string, long> Evaluate(IReadOnlyCollection<string> expressions, params IEnumerable<string> headers)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("vmm-abi");
        try
        {
            string source = Path.Combine(folder.FullName, "abi.c");
            string program = Path.Combine(folder.FullName, "abi");
            IEnumerable<string> prints = expressions.Select(e => $"  printf(\"%lld\\n\", (long long)({e}));");
            string includes = string.Concat(headers.Select(h => $"#include <{h}>\n"));
            File.WriteAllText(source, "#define _GNU_SOURCE\n" + includes + "#include <stddef.h>\n#include <stdio.h>\nint main(void) {\n" + string.Join('\n', prints) + "\n}\n");
            Run("gcc", "-o", program, source);
            IEnumerable<long> values = Run(program).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(long.Parse);
            return expressions.Zip(values).ToDictionary(p => p.First, p => p.Second);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        string output = process.StandardOutput.ReadToEnd();
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program}: {errors}");
    }
}
