using System.Globalization;

namespace Vmm.Machine.Config;

/// <summary>
/// So much in a time, as users write it: <c>50M/s</c>, or <c>5M/100ms</c> where they want to say how much may come at once.
/// </summary>
internal static class RateText
{
    /// <summary>A rate by the second is handed out in portions this long, in milliseconds: short, so that it holds over a second, too.</summary>
    public const long Portion = 20;

    /// <summary>The longest time that an amount can be said to be for, in milliseconds.</summary>
    public const long LongestTime = 3600_000;

    private const long Second = 1000;

    /// <summary>Splits a rate.</summary>
    /// <param name="text">As the user wrote it.</param>
    /// <param name="amount">Reads what comes before the slash.</param>
    /// <param name="example">How to write it.</param>
    /// <returns>The amount, and the milliseconds that it is for.</returns>
    /// <exception cref="FormatException">With what is wrong with it.</exception>
    public static (ulong Amount, long Milliseconds) Parse(string text, Func<string, ulong> amount, string example)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        ulong value = amount(slash < 0 ? text : text[..slash]);
        if (value == 0)
            throw new FormatException($"'{Printable.Escape(text)}' lets nothing pass: write {example}, or leave it out for no limit");
        return slash < 0 || text[(slash + 1)..] == "s" ? PerSecond(value) : (value, Time(text, text[(slash + 1)..], example));
    }

    /// <summary>Writes a rate, by the second where that says the same.</summary>
    public static string Write(ulong amount, long milliseconds, Func<ulong, string> write)
    {
        UInt128 perSecond = (UInt128)amount * Second / (ulong)milliseconds;
        return perSecond <= ulong.MaxValue && PerSecond((ulong)perSecond) == (amount, milliseconds)
            ? $"{write((ulong)perSecond)}/s"
            : string.Create(CultureInfo.InvariantCulture, $"{write(amount)}/{milliseconds}ms");
    }

    /// <summary>The smallest whole portion of an amount by the second.</summary>
    private static (ulong Amount, long Milliseconds) PerSecond(ulong amount)
    {
        for (long time = Portion; time < Second; time++)
        {
            UInt128 portion = (UInt128)amount * (ulong)time;
            if (portion > 0 && portion % Second == 0)
                return ((ulong)(portion / Second), time);
        }
        return (amount, Second);
    }

    private static long Time(string whole, string text, string example)
    {
        (string digits, long unit) = text.EndsWith("ms", StringComparison.Ordinal) ? (text[..^2], 1L) : text.EndsWith('s') ? (text[..^1], Second) : (text, 0L);
        if (unit == 0 || !long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long value))
            throw new FormatException($"'{Printable.Escape(whole)}' is no rate: write {example}");
        if (value == 0 || value > LongestTime / unit)
            throw new FormatException($"'{Printable.Escape(whole)}' is out of range: 1ms to {LongestTime / Second}s");
        return value * unit;
    }
}
