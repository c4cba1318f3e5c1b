using System.Text;
using Vmm.Cli.Machines;
using Xunit;

namespace Vmm.Tests.Vmm.Cli.Machines;

public sealed class FollowedFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vmm-follow-").FullName;

    private string Log => Path.Combine(_folder, "console.log");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string Next(FollowedFile file)
    {
        using MemoryStream output = new();
        file.CopyTo(output);
        return Encoding.UTF8.GetString(output.ToArray());
    }

    [Theory]
    [InlineData("a\nb\nc\n", 1, "c\n")]
    [InlineData("a\nb\nc\n", 2, "b\nc\n")]
    [InlineData("a\nb\nc\n", 3, "a\nb\nc\n")]
    [InlineData("a\nb\nc\n", 100, "a\nb\nc\n")]
    [InlineData("a\nb\nc", 1, "c")]
    [InlineData("a\nb\nc", 2, "b\nc")]
    [InlineData("a\n\n\n", 2, "\n\n")]
    [InlineData("\n", 1, "\n")]
    [InlineData("", 1, "")]
    public void Tail_is_the_last_lines(string content, int lines, string expected)
    {
        File.WriteAllText(Log, content);
        using FollowedFile file = new(Log);
        file.SkipToLastLines(lines);
        Assert.Equal(expected, Next(file));
    }

    [Fact]
    public void Tail_of_a_file_of_many_pieces_is_found()
    {
        string[] lines = [.. Enumerable.Range(0, 50_000).Select(i => $"line {i}")];
        File.WriteAllLines(Log, lines);
        using FollowedFile file = new(Log);
        file.SkipToLastLines(20_000);
        Assert.Equal(lines[^20_000..], Next(file).Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void What_is_added_follows_once()
    {
        using FollowedFile file = new(Log);
        Assert.Equal("", Next(file));
        File.AppendAllText(Log, "first\n");
        Assert.Equal("first\n", Next(file));
        Assert.Equal("", Next(file));
        File.AppendAllText(Log, "second\n");
        Assert.Equal("second\n", Next(file));
    }

    [Fact]
    public void File_that_is_begun_anew_loses_neither_its_end_nor_its_beginning()
    {
        File.WriteAllText(Log, "0123456789\n");
        using FollowedFile file = new(Log);
        Assert.Equal("0123456789\n", Next(file));
        File.AppendAllText(Log, "end\n");
        File.Move(Log, Log + ".1");
        File.WriteAllText(Log, "begin\n");
        Assert.Equal("end\nbegin\n", Next(file));
        File.AppendAllText(Log, "more\n");
        Assert.Equal("more\n", Next(file));
    }

    [Fact]
    public void Lines_are_handed_on_whole_however_they_come()
    {
        List<string> lines = [];
        using LineSplitter splitter = new(line => lines.Add(Encoding.UTF8.GetString(line)));
        splitter.Write("a"u8);
        splitter.Write("b\n\ncd"u8);
        splitter.Write("\ne"u8);
        Assert.Equal(["ab", "", "cd"], lines);
    }
}
