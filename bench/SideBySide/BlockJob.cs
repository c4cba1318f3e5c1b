using System.Globalization;

namespace Vmm.Bench.SideBySide;

/// <summary>One job of <c>fio</c>, and what its line says (fio(1), "TERSE OUTPUT", version 3).</summary>
/// <param name="Mode">rw=.</param>
/// <param name="BlockSize">bs=.</param>
/// <param name="Depth">iodepth=, of each job.</param>
/// <param name="Jobs">numjobs=; as many as there are queues.</param>
internal sealed record BlockJob(string Mode, string BlockSize, int Depth, int Jobs)
{
    /// <summary>Fields of KiB moved and of operations a second, of reads; those of writes are as far behind.</summary>
    private const int Kibibytes = 5, Iops = 7, Writes = 41;

    private const double KibibytesPerMebibyte = 1024;
    private const double MillisecondsPerTick = 10;

    /// <summary>For the table, and fio's name for it.</summary>
    public string Name => string.Create(CultureInfo.InvariantCulture, $"{BlockSize}-{Mode}-{Depth}");

    /// <summary>The guest's command, with what is common in <c>f</c>.</summary>
    public string Command => string.Create(CultureInfo.InvariantCulture, $"f {Name} {Mode} {BlockSize} {Depth} {Jobs}\n");

    /// <summary>Reads the result out of what the guest and <c>sampled.sh</c> printed.</summary>
    public BlockResult Read(string output)
    {
        string[] lines = [.. output.Split('\n').Where(line => line.Contains('|', StringComparison.Ordinal))];
        int at = Array.FindIndex(lines, line => line.Contains($";{Name};", StringComparison.Ordinal));
        if (at < 1)
            throw new InvalidOperationException($"fio said nothing of {Name}:\n{output}");
        string[] fields = lines[at].Split('|')[0].Split(';');
        double[] before = Costs(lines[at - 1]), after = Costs(lines[at]);
        int writes = Mode.Contains("write", StringComparison.Ordinal) ? Writes : 0;
        double mebibytes = Number(fields[Kibibytes + writes]) / KibibytesPerMebibyte;
        return new(Number(fields[Iops + writes]), (after[0] - before[0]) * MillisecondsPerTick / mebibytes, (after[1] - before[1]) / mebibytes);
    }

    private static double[] Costs(string line) => [.. line.TrimEnd().Split('|')[1..].Select(Number)];

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
