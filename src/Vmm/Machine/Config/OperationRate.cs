using System.Globalization;
using System.Text.Json.Serialization;

namespace Vmm.Machine.Config;

/// <summary>Operations in a time: <c>1000/s</c>, <c>100/50ms</c>. Without a time: in a second.</summary>
/// <param name="Operations">How many.</param>
/// <param name="Milliseconds">The time that they are for.</param>
[JsonConverter(typeof(OperationRateConverter))]
internal readonly record struct OperationRate(ulong Operations, long Milliseconds)
{
    /// <summary>Reads it.</summary>
    /// <exception cref="FormatException">With what is wrong with it.</exception>
    public static OperationRate Parse(string text)
    {
        (ulong operations, long time) = RateText.Parse(text, Number, "1000/s or 100/50ms");
        return new OperationRate(operations, time);
    }

    /// <summary>As <see cref="Parse"/> takes it.</summary>
    public override string ToString() => RateText.Write(Operations, Milliseconds, operations => operations.ToString(CultureInfo.InvariantCulture));

    private static ulong Number(string text) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint value)
        ? value
        : throw new FormatException($"'{Printable.Escape(text)}' is not a whole number from 1 to {uint.MaxValue}");
}
