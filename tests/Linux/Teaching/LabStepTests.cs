using Xunit;

namespace Vmm.Tests.Linux.Teaching;

/// <summary>How the labs' texts are read.</summary>
public class LabStepTests
{
    private const string Text = """
        Some words, and `$ not this`.

        ```console
        $ vmm run --firmware hello
        Hello …
        …
                  30  exits
        $ vmm list \
              --quiet
        ```

        ```csharp
        $ nor this
        ```
        """;

    [Fact]
    public void Commands_are_those_with_a_prompt_and_what_follows_is_expected()
    {
        var steps = LabStep.Read(Text);
        Assert.Equal(["vmm run --firmware hello", "vmm list --quiet"], steps.Select(step => step.Command));
        Assert.Equal(["Hello …", "…", "          30  exits"], steps[0].Expected);
        Assert.Equal(4, steps[0].Line);
    }

    [Theory]
    [InlineData("Hello from here\nmore\n   30  exits\n", null)]
    [InlineData("Hello from here\n\n   30  exits\n\n", null)]
    [InlineData("before\nHello from here\n   30  exits\n", "Hello …")]
    [InlineData("Hello from here\n   30  exits\nafter\n", LabStep.End)]
    [InlineData("Hello from here\r\n30 exits", "          30  exits")]
    [InlineData("   30  exits\nHello you\n", "Hello …")]
    [InlineData("Hell\n", "Hello …")]
    public void Expected_lines_come_in_their_order_and_nothing_is_left_out_but_where_it_says_so(string printed, string? missing) => Assert.Equal(missing, LabStep.Read(Text)[0].FirstMissing(printed));

    [Theory]
    [InlineData("a\nb\n", null)]
    [InlineData("a\nmore\nb\n", "b")]
    [InlineData("a\nmore\na\nb\n", "b")]
    public void A_line_right_after_another_is_the_next_one(string printed, string? missing) =>
        Assert.Equal(missing, new LabStep(1, "true", ["a", "b"]).FirstMissing(printed));

    [Theory]
    [InlineData("", null)]
    [InlineData("a\n", LabStep.End)]
    public void Where_nothing_is_shown_nothing_is_printed(string printed, string? missing) =>
        Assert.Equal(missing, new LabStep(1, "true", []).FirstMissing(printed));

    [Fact]
    public void What_is_left_out_may_be_like_what_follows() =>
        Assert.Null(new LabStep(1, "true", ["…", "a …", "b"]).FirstMissing("a 1\na 2\nb\n"));
}
