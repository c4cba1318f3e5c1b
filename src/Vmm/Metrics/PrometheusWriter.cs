using System.Globalization;

namespace Vmm.Metrics;

/// <summary>Writes families of samples, each under its HELP and TYPE. Lines end with a line feed, on every system.</summary>
/// <param name="output">Where to.</param>
/// <param name="machineName">The value of the label <c>vm</c>, which every sample has.</param>
internal sealed class PrometheusWriter(TextWriter output, string machineName)
{
    private const double Nanosecond = 1e9;

    /// <summary>
    /// Ends of the buckets that are written, as powers of two in nanoseconds: 256 ns to 4.3 s, in steps of four. Each is
    /// the end of a bucket of the histogram's own, so that nothing is counted a bucket too low.
    /// </summary>
    private const int FirstEnd = 8;
    private const int LastEnd = 32;
    private const int EndStep = 2;

    private readonly string _vm = $"vm=\"{Escape(machineName)}\"";
    private string _family = "";

    /// <summary>Begins a family of counters.</summary>
    public PrometheusWriter Counter(string name, string help) => Begin(name, help, "counter");

    /// <summary>Begins a family of gauges.</summary>
    public PrometheusWriter Gauge(string name, string help) => Begin(name, help, "gauge");

    /// <summary>Begins a family of histograms.</summary>
    public PrometheusWriter Histogram(string name, string help) => Begin(name, help, "histogram");

    /// <summary>A sample of the family, with one more label where it is given.</summary>
    public void Value(long value, string? label = null, string? labelValue = null) =>
        Sample("", Labels(label, labelValue), value.ToString(CultureInfo.InvariantCulture));

    /// <summary>A sample of the family with two more labels.</summary>
    public void Value(long value, (string Label, string Value) first, (string Label, string Value) second) =>
        Sample("", $"{Labels(first.Label, first.Value)},{second.Label}=\"{Escape(second.Value)}\"", value.ToString(CultureInfo.InvariantCulture));

    /// <summary>A sample of the family that is a time.</summary>
    public void Seconds(long nanoseconds, string? label = null, string? labelValue = null) =>
        Sample("", Labels(label, labelValue), Number(nanoseconds / Nanosecond));

    /// <summary>A histogram of the family, named by a label.</summary>
    public void Distribution(LatencyMetrics times, string label, string name)
    {
        string labels = Labels(label, name);
        // Summed from the buckets: the count that was read beside them may be a few ahead.
        long below = 0;
        int next = 0;
        for (int end = FirstEnd; end <= LastEnd; end += EndStep)
        {
            while (next < times.Buckets.Count && times.Buckets[next].UpToNs <= 1L << end)
                below += times.Buckets[next++].Count;
            Bucket(labels, Number((1L << end) / Nanosecond), below);
        }
        while (next < times.Buckets.Count)
            below += times.Buckets[next++].Count;
        Bucket(labels, "+Inf", below);
        Sample("_sum", labels, Number(times.TotalNs / Nanosecond));
        Sample("_count", labels, below.ToString(CultureInfo.InvariantCulture));
    }

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture).Replace("E", "e", StringComparison.Ordinal);

    /// <summary>A label's value may hold anything, but for these three.</summary>
    private static string Escape(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private PrometheusWriter Begin(string name, string help, string type)
    {
        _family = name;
        output.Write($"# HELP {name} {help}\n# TYPE {name} {type}\n");
        return this;
    }

    private string Labels(string? label, string? value) => label is null ? _vm : $"{_vm},{label}=\"{Escape(value!)}\"";

    private void Bucket(string labels, string end, long count) =>
        Sample("_bucket", $"{labels},le=\"{end}\"", count.ToString(CultureInfo.InvariantCulture));

    private void Sample(string suffix, string labels, string value) => output.Write($"{_family}{suffix}{{{labels}}} {value}\n");
}
