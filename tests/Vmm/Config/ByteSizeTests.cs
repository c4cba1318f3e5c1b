using Vmm.Machine.Config;
using Xunit;

namespace Vmm.Tests.Vmm.Config;

public sealed class ByteSizeTests
{
    [Theory]
    [InlineData("256", 256UL << 20)]
    [InlineData("256M", 256UL << 20)]
    [InlineData("256m", 256UL << 20)]
    [InlineData("512MiB", 512UL << 20)]
    [InlineData("6G", 6UL << 30)]
    [InlineData("2048K", 2UL << 20)]
    [InlineData("2097152B", 2UL << 20)]
    [InlineData("1TiB", 1UL << 40)]
    [InlineData("0", 0)]
    public void Size_is_read_in_its_unit(string text, ulong bytes) => Assert.Equal(bytes, ByteSize.Parse(text).Bytes);

    [Theory]
    [InlineData("")]
    [InlineData("M")]
    [InlineData("-1M")]
    [InlineData("+1M")]
    [InlineData(" 1M")]
    [InlineData("1 M")]
    [InlineData("1Q")]
    [InlineData("1MB")]
    [InlineData("1BiB")]
    [InlineData("1.5G")]
    [InlineData("0x100")]
    public void Text_that_is_no_size_is_refused(string text) => Assert.Throws<FormatException>(() => ByteSize.Parse(text));

    [Theory]
    [InlineData("18446744073709551615")]
    [InlineData("17592186044416")]
    [InlineData("18446744073709551616B")]
    [InlineData("16777216T")]
    [InlineData("99999999999999999999999999G")]
    [Trait("Row", "87")]
    public void Size_that_overflows_in_bytes_is_refused(string text)
    {
        FormatException wrong = Assert.Throws<FormatException>(() => ByteSize.Parse(text));
        Assert.Contains("more than 64 bits", wrong.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("17592186044415", ulong.MaxValue - ((1UL << 20) - 1))]
    [InlineData("18446744073709551615B", ulong.MaxValue)]
    public void Largest_size_is_read_exactly(string text, ulong bytes) => Assert.Equal(bytes, ByteSize.Parse(text).Bytes);

    [Theory]
    [InlineData("256M")]
    [InlineData("6G")]
    [InlineData("1536M")]
    [InlineData("4K")]
    [InlineData("3B")]
    [InlineData("0M")]
    public void Size_prints_as_the_largest_exact_unit(string text) => Assert.Equal(text, ByteSize.Parse(text).ToString());
}
