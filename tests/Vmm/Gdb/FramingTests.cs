using System.Text;
using Vmm.Gdb.Protocol;
using Xunit;

namespace Vmm.Tests.Vmm.Gdb;

public class FramingTests
{
    [Theory]
    [InlineData("OK", "$OK#9a")]
    [InlineData("", "$#00")]
    [InlineData("}#$*x", "$}]}\x03}\x04}\nx#da")]
    public void Data_is_framed_with_its_sum_and_what_would_end_it_is_escaped(string data, string packet) => Assert.Equal(packet, Debugger.Frame(data));

    [Theory]
    [InlineData("$OK#9a", "Packet")]
    [InlineData("$OK#9A", "Packet")]
    [InlineData("$OK#9b", "Corrupt")]
    [InlineData("$OK#zz", "Corrupt")]
    [InlineData("+", "Acknowledged")]
    [InlineData("-", "Refused")]
    [InlineData("\x03", "Interrupt")]
    [InlineData("rubbish", "None")]
    [InlineData("$OK#9", "None")]
    [InlineData("$half$OK#9a", "Packet")]
    [InlineData("$123456789#dd", "TooLong")]
    public void Bytes_are_told_apart(string bytes, string expected)
    {
        PacketReader reader = new(limit: 8);
        PacketEvent last = PacketEvent.None;
        foreach (byte next in Encoding.Latin1.GetBytes(bytes))
            last = reader.Take(next);
        Assert.Equal(expected, last.ToString());
    }

    [Fact]
    public void Packet_after_one_that_was_too_long_or_corrupt_is_read_whole()
    {
        PacketReader reader = new(limit: 4);
        foreach (byte next in "$much too long#00$OK#ff"u8)
            reader.Take(next);
        PacketEvent last = PacketEvent.None;
        foreach (byte next in "$}]ab#9d"u8)
            last = reader.Take(next);
        Assert.Equal(PacketEvent.Packet, last);
        Assert.Equal("}ab", Encoding.ASCII.GetString(reader.Packet));
    }

    [Theory]
    [InlineData("0,", true, 0UL)]
    [InlineData("ffffffffffffffff", true, ulong.MaxValue)]
    [InlineData("0000000000000000000000001f", true, 0x1fUL)]
    [InlineData("10000000000000000", false, 0UL)]
    [InlineData(",1", false, 0UL)]
    [InlineData("", false, 0UL)]
    public void Numbers_are_read_up_to_64_bits(string text, bool good, ulong value)
    {
        ReadOnlySpan<byte> rest = Encoding.ASCII.GetBytes(text);
        Assert.Equal(good, HexText.TryTakeNumber(ref rest, out ulong read));
        if (good)
            Assert.Equal(value, read);
    }
}
