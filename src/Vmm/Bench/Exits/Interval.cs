namespace Vmm.Bench.Exits;

/// <summary>An estimate with its 95 % confidence interval, by the bootstrap: the estimate over and over, of values drawn anew with replacement.</summary>
/// <param name="Value">The estimate.</param>
/// <param name="Low">The lower end.</param>
/// <param name="High">The upper end.</param>
internal readonly record struct Interval(double Value, double Low, double High)
{
    private const int Draws = 2000;
    private const double Tail = 0.025;

    /// <summary>The same figures have the same interval, whenever it is asked for.</summary>
    private const int Seed = 1;

    /// <summary>Whether 1 lies outside: a ratio that chance does not explain.</summary>
    public bool IsNotOne => Low > 1 || High < 1;

    /// <summary>The median of a/b over pairs that belong together.</summary>
    /// <param name="a">At least one, each above 0.</param>
    /// <param name="b">As many.</param>
    public static Interval OfPairs(IReadOnlyList<double> a, IReadOnlyList<double> b)
    {
        double[] ratios = [.. a.Zip(b, (one, other) => one / Math.Max(other, double.Epsilon))];
        Random random = new(Seed);
        double[] drawn = new double[ratios.Length];
        return Of(Samples.Median(ratios), () => Median(ratios, drawn, random));
    }

    /// <summary>The median of a over the median of b, which do not belong together.</summary>
    /// <param name="a">At least one.</param>
    /// <param name="b">At least one, each above 0.</param>
    public static Interval OfGroups(IReadOnlyList<double> a, IReadOnlyList<double> b)
    {
        double[] first = [.. a];
        double[] second = [.. b];
        Random random = new(Seed);
        double[] one = new double[first.Length];
        double[] other = new double[second.Length];
        return Of(Samples.Median(first) / Samples.Median(second), () => Median(first, one, random) / Median(second, other, random));
    }

    private static Interval Of(double value, Func<double> draw)
    {
        double[] all = new double[Draws];
        for (int i = 0; i < Draws; i++)
            all[i] = draw();
        Array.Sort(all);
        return new(value, Samples.Quantile(all, Tail), Samples.Quantile(all, 1 - Tail));
    }

    private static double Median(double[] values, double[] drawn, Random random)
    {
        for (int i = 0; i < drawn.Length; i++)
            drawn[i] = values[random.Next(values.Length)];
        return Samples.Median(drawn);
    }
}
