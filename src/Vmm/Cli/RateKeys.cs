using Vmm.Machine.Config;

namespace Vmm.Cli;

/// <summary>The keys of a limit: bandwidth, bandwidth-burst, ops and ops-burst, of a disk, a network device and <c>vmm limit</c>.</summary>
internal static class RateKeys
{
    /// <summary>The first of them, which <c>vmm limit</c> lets users leave out.</summary>
    public const string First = "bandwidth";

    /// <summary>Takes them; null when none is given.</summary>
    /// <exception cref="FormatException">With what is wrong.</exception>
    public static RateConfig? Read(KeyValues parts)
    {
        RateConfig limit = new()
        {
            Bandwidth = Parse(parts, First, ByteRate.Parse),
            BandwidthBurst = Parse(parts, "bandwidth-burst", ByteSize.Parse),
            Ops = Parse(parts, "ops", OperationRate.Parse),
            OpsBurst = parts.Number("ops-burst") is int count ? (uint)count : null,
        };
        return limit == new RateConfig() ? null : limit;
    }

    private static T? Parse<T>(KeyValues parts, string key, Func<string, T> parse) where T : struct
    {
        try
        {
            return parts.Text(key) is string text ? parse(text) : null;
        }
        catch (FormatException wrong)
        {
            throw new FormatException($"{key}: {wrong.Message}", wrong);
        }
    }
}
