using System.Diagnostics;
using System.Globalization;

namespace Vmm.Bench.SideBySide;

/// <summary>The plain C sender and receiver that migrations are held against (<c>Native/stream.c</c>).</summary>
internal static class PlainStream
{
    /// <summary>Bytes a nanosecond over TCP on loopback.</summary>
    /// <param name="mebibytes">How much is sent.</param>
    /// <param name="connections">Over how many connections.</param>
    public static double Measure(int mebibytes, int connections)
    {
        using Process process = Process.Start(new ProcessStartInfo(NativeTools.Build("stream"), [$"{mebibytes}", $"{connections}"]) { RedirectStandardOutput = true })!;
        string[] said = process.StandardOutput.ReadToEnd().Split(' ');
        process.WaitForExit();
        return process.ExitCode == 0
            ? double.Parse(said[1], CultureInfo.InvariantCulture) / double.Parse(said[0], CultureInfo.InvariantCulture)
            : throw new InvalidOperationException($"stream ended with {process.ExitCode}");
    }
}
