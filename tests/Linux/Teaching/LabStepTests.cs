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
    [InlineData("Hello from here\r\n30 exits", "          30  exits")]
    [InlineData("   30  exits\nHello you\n", "          30  exits")]
    [InlineData("Hell\n", "Hello …")]
    public void Expected_lines_come_in_their_order(string printed, string? missing) => Assert.Equal(missing, LabStep.Read(Text)[0].FirstMissing(printed));
}
