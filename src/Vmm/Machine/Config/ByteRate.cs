using System.Text.Json.Serialization;

namespace Vmm.Machine.Config;

/// <summary>Bytes in a time: <c>50M/s</c>, <c>5M/100ms</c>. Without a time: in a second.</summary>
/// <param name="Bytes">In bytes.</param>
/// <param name="Milliseconds">The time that they are for.</param>
[JsonConverter(typeof(ByteRateConverter))]
internal readonly record struct ByteRate(ulong Bytes, long Milliseconds)
{
    /// <summary>Reads it.</summary>
    /// <exception cref="FormatException">With what is wrong with it.</exception>
    public static ByteRate Parse(string text)
    {
        (ulong bytes, long time) = RateText.Parse(text, size => ByteSize.Parse(size).Bytes, "50M/s or 5M/100ms");
        return new ByteRate(bytes, time);
    }

    /// <summary>As <see cref="Parse"/> takes it.</summary>
    public override string ToString() => RateText.Write(Bytes, Milliseconds, bytes => new ByteSize(bytes).ToString());
}
