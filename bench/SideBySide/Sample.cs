using System.Globalization;

namespace Vmm.Bench.SideBySide;

/// <summary>What one run of a command cost, as <c>measure.c</c> reports it.</summary>
/// <param name="Wall">From start to end.</param>
/// <param name="PeakKib">Peak resident memory in KiB, guest pages that were touched included.</param>
/// <param name="Cpu">User and system time.</param>
/// <param name="Status">Exit status.</param>
/// <param name="First">From start to the first byte of its output; zero when there is none.</param>
/// <param name="Output">Standard output.</param>
internal sealed record Sample(TimeSpan Wall, long PeakKib, TimeSpan Cpu, int Status, TimeSpan First, byte[] Output)
{
    /// <summary>Reads the reporter's last line.</summary>
    public static Sample Parse(string errors, byte[] output)
    {
        string[] lines = errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        long[] numbers = [.. lines[^1].Split(' ').Select(n => long.Parse(n, CultureInfo.InvariantCulture))];
        return new Sample(TimeSpan.FromMicroseconds(numbers[0] / 1000.0), numbers[1],
            TimeSpan.FromMicroseconds(numbers[2] + numbers[3]), (int)numbers[4], TimeSpan.FromMicroseconds(numbers[5] / 1000.0), output);
    }
}
