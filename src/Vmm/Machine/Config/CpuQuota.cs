using System.Globalization;
using System.Text.Json.Serialization;

namespace Vmm.Machine.Config;

/// <summary>
/// How much processor time a machine may take: <c>50%</c> of one processor, <c>200%</c> for two, or
/// <c>50000/100000</c> microseconds in each period, as in the cgroup file cpu.max.
/// </summary>
/// <param name="Quota">Microseconds in a period.</param>
/// <param name="Period">Microseconds.</param>
[JsonConverter(typeof(CpuQuotaConverter))]
internal readonly record struct CpuQuota(long Quota, long Period)
{
    /// <summary>The kernel's own (kernel/sched: default_cfs_period).</summary>
    private const long DefaultPeriod = 100_000;

    /// <summary>Limits of the kernel (kernel/sched/core.c: min_cfs_quota_period, max_cfs_quota_period).</summary>
    private const long Shortest = 1_000, LongestPeriod = 1_000_000;

    private const int LargestPercent = Host.Linux.MostProcessors * 100;
    private const long PerPercent = DefaultPeriod / 100;

    /// <summary>Reads it.</summary>
    /// <exception cref="FormatException">With what is wrong with it.</exception>
    public static CpuQuota Parse(string text)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        if (text.EndsWith('%'))
            return new(Number(text, text[..^1], 1, LargestPercent, "%") * PerPercent, DefaultPeriod);
        if (slash < 0)
            throw new FormatException($"'{Printable.Escape(text)}' is not a share of a processor: write 50%, 200% or 50000/100000 (microseconds)");
        long period = Number(text, text[(slash + 1)..], Shortest, LongestPeriod, " µs of a period");
        return new(Number(text, text[..slash], Shortest, LongestPeriod * Host.Linux.MostProcessors, " µs of quota"), period);
    }

    /// <summary>As <see cref="Parse"/> takes it.</summary>
    public override string ToString() => Period == DefaultPeriod && Quota % PerPercent == 0
        ? string.Create(CultureInfo.InvariantCulture, $"{Quota / PerPercent}%")
        : string.Create(CultureInfo.InvariantCulture, $"{Quota}/{Period}");

    private static long Number(string whole, string digits, long least, long most, string unit)
    {
        if (digits.Length == 0 || digits.AsSpan().IndexOfAnyExceptInRange('0', '9') >= 0)
            throw new FormatException($"'{Printable.Escape(whole)}' is not a share of a processor: write 50%, 200% or 50000/100000 (microseconds)");
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long value) || value < least || value > most)
            throw new FormatException($"'{Printable.Escape(whole)}' is out of range: {least} to {most}{unit}");
        return value;
    }
}
