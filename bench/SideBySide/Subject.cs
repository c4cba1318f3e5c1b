using System.Diagnostics;

namespace Vmm.Bench.SideBySide;

/// <summary>One of the programs that are compared.</summary>
/// <param name="Name">For the table.</param>
/// <param name="ExpectedStatus">What it exits with when the guest ran to its end.</param>
/// <param name="Command">The command line.</param>
internal sealed record Subject(string Name, int ExpectedStatus, params string[] Command)
{
    /// <summary>Runs it once, without a terminal.</summary>
    /// <param name="measure">The reporter, built by <see cref="NativeTools"/>.</param>
    public Sample Run(string measure)
    {
        ProcessStartInfo start = new(measure, Command)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        using MemoryStream output = new();
        process.StandardOutput.BaseStream.CopyTo(output);
        process.WaitForExit();
        Sample sample = Sample.Parse(errors.Result, output.ToArray());
        return sample.Status == ExpectedStatus
            ? sample
            : throw new InvalidOperationException($"{Name} ended with {sample.Status}, not {ExpectedStatus}: {errors.Result}");
    }
}
