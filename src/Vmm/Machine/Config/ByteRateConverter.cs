namespace Vmm.Machine.Config;

/// <summary>A rate as <c>"50M/s"</c>.</summary>
internal sealed class ByteRateConverter() : ScalarConverter<ByteRate>(ByteRate.Parse, "bytes in a time, such as \"50M/s\"");
