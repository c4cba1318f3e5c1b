using System.Text;
using Vmm.Consoles;
using Xunit;

namespace Vmm.Tests.Vmm.Consoles;

public sealed class EscapeParserTests
{
    /// <summary>Data as itself, commands in brackets, nothing as a dot.</summary>
    private static string Parse(string typed)
    {
        EscapeParser parser = new();
        StringBuilder seen = new();
        foreach (byte value in Encoding.Latin1.GetBytes(typed))
        {
            EscapeKey key = parser.Next(value);
            seen.Append(key switch
            {
                EscapeKey.Data => ((char)value).ToString(),
                EscapeKey.Nothing => ".",
                _ => $"[{key}]",
            });
        }
        return seen.ToString();
    }

    [Theory]
    [InlineData("ls -l\r", "ls -l\r")]
    [InlineData("\u0001x", ".[End]")]
    [InlineData("\u0001X", ".[End]")]
    [InlineData("\u0001\u0018", ".[End]")]
    [InlineData("\u0001h", ".[Help]")]
    [InlineData("\u0001?", ".[Help]")]
    [InlineData("\u0001b", ".[Break]")]
    [InlineData("\u0001\u0002", ".[Break]")]
    [InlineData("\u0001\u0001", ".\u0001")]
    [InlineData("\u0001\u0001x", ".\u0001x")]
    [InlineData("\u0001\u0001\u0001x", ".\u0001.[End]")]
    [InlineData("\u0001cx", "..x")]
    [InlineData("\u0001zx", "..x")]
    [InlineData("\u0003\u001a\u0004", "\u0003\u001a\u0004")]
    [InlineData("a\u0001ba\u0001b", "a.[Break]a.[Break]")]
    public void Escapes_are_told_from_what_is_for_the_guest(string typed, string expected) => Assert.Equal(expected, Parse(typed));

    [Fact]
    public void Every_byte_after_the_escape_is_taken_and_the_next_is_data_again()
    {
        for (int value = 0; value < 256; value++)
        {
            EscapeParser parser = new();
            Assert.Equal(EscapeKey.Nothing, parser.Next(EscapeParser.Escape));
            parser.Next((byte)value);
            Assert.Equal(EscapeKey.Data, parser.Next((byte)'x'));
        }
    }
}
