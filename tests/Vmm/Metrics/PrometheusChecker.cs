using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace Vmm.Tests.Vmm.Metrics;

/// <summary>A strict reader of Prometheus' text format: fails the test at the first thing that a server would refuse.</summary>
internal sealed partial class PrometheusChecker
{
    private readonly Dictionary<string, string> _types = new(StringComparer.Ordinal);
    private readonly Dictionary<string, double> _samples = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (double End, double Count)> _buckets = new(StringComparer.Ordinal);
    private string _family = "";

    public PrometheusChecker(string text)
    {
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        string[] lines = text[..^1].Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            if (lines[i].StartsWith("# HELP ", StringComparison.Ordinal))
                BeginFamily(lines[i], lines[++i]);
            else
                AddSample(lines[i]);
        }
        foreach ((string series, (double end, double count)) in _buckets)
        {
            Assert.Equal(double.PositiveInfinity, end);
            Assert.Equal(count, _samples[series.Replace("_bucket{", "_count{", StringComparison.Ordinal)]);
            Assert.True(_samples.ContainsKey(series.Replace("_bucket{", "_sum{", StringComparison.Ordinal)));
        }
    }

    /// <summary>The value of a series, written as in the text.</summary>
    public double this[string series] => _samples[series];

    public IReadOnlyCollection<string> Families => _types.Keys;

    private void BeginFamily(string help, string type)
    {
        _family = help.Split(' ')[2];
        Assert.Matches(NamePattern(), _family);
        string[] words = type.Split(' ');
        Assert.Equal(["#", "TYPE", _family], words[..3]);
        Assert.Contains(words[3], (string[])["counter", "gauge", "histogram"]);
        Assert.True(_types.TryAdd(_family, words[3]), $"{_family} comes twice");
        Assert.Equal(words[3] == "counter", _family.EndsWith("_total", StringComparison.Ordinal));
    }

    private void AddSample(string line)
    {
        Match sample = SamplePattern().Match(line);
        Assert.True(sample.Success, $"no sample: '{line}'");
        string name = sample.Groups["name"].Value;
        string labels = sample.Groups["labels"].Value;
        double value = double.Parse(sample.Groups["value"].Value, NumberStyles.Float, CultureInfo.InvariantCulture);
        Assert.True(value >= 0);
        Assert.True(_samples.TryAdd($"{name}{{{labels}}}", value), $"comes twice: '{line}'");
        string[] suffixes = _types[_family] == "histogram" ? ["_bucket", "_sum", "_count"] : [""];
        Assert.Contains(name, suffixes.Select(suffix => _family + suffix));
        if (name.EndsWith("_bucket", StringComparison.Ordinal))
            AddBucket(name, labels, value);
    }

    private void AddBucket(string name, string labels, double count)
    {
        Match le = EndPattern().Match(labels);
        Assert.True(le.Success, $"a bucket without an end: {labels}");
        string text = le.Groups["end"].Value;
        double end = text == "+Inf" ? double.PositiveInfinity : double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
        string series = $"{name}{{{labels[..le.Index]}}}";
        if (_buckets.TryGetValue(series, out (double End, double Count) before))
            Assert.True(before.End < end && before.Count <= count, $"{series} goes back at {text}");
        _buckets[series] = (end, count);
    }

    [GeneratedRegex("^[a-z][a-z0-9_]*$")]
    private static partial Regex NamePattern();

    [GeneratedRegex(@"^(?<name>[a-z][a-z0-9_]*)\{(?<labels>[a-z]+=""([^""\\]|\\[\\""n])*""(,[a-z]+=""([^""\\]|\\[\\""n])*"")*)\} (?<value>[0-9.e+-]+)$")]
    private static partial Regex SamplePattern();

    [GeneratedRegex(@",le=""(?<end>[^""]+)""$")]
    private static partial Regex EndPattern();
}
