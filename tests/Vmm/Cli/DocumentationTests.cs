using System.CommandLine;
using System.Runtime.CompilerServices;
using Vmm.Cli;
using Xunit;

namespace Vmm.Tests.Vmm.Cli;

/// <summary>What is written by hand about the options is compared with the options there are.</summary>
public sealed class DocumentationTests
{
    private static string Read(string file, [CallerFilePath] string here = "") =>
        File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, "../../..", file));

    private static IEnumerable<Command> AllCommands(Command command) => command.Subcommands.SelectMany(AllCommands).Prepend(command);

    [Theory]
    [InlineData("docs/vmm.1", "\\-\\-")]
    [InlineData("completions/vmm.bash", "--")]
    [InlineData("completions/_vmm", "--")]
    [InlineData("completions/vmm.fish", "-l ")]
    public void Every_option_and_verb_is_documented_and_completed(string file, string dashes)
    {
        string text = Read(file);
        string Written(string name) => dashes.StartsWith('\\') ? name.Replace("-", "\\-", StringComparison.Ordinal) : name;
        foreach (Command command in CommandLine.Create().Subcommands.SelectMany(AllCommands).Where(command => !command.Hidden))
        {
            Assert.Contains(Written(command.Name), text, StringComparison.Ordinal);
            foreach (Option option in command.Options.Where(option => option.Name != "--help"))
                Assert.Contains(dashes + Written(option.Name[2..]), text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("README.md", "| {0} |")]
    [InlineData("docs/vmm.1", ".B {0}\n")]
    public void Every_exit_code_is_documented(string file, string form)
    {
        string text = Read(file);
        int[] codes = [ExitCodes.PoweredOff, ExitCodes.Usage, ExitCodes.StartFailed, ExitCodes.GuestCrashed, ExitCodes.EmulationFailed, ExitCodes.EntryFailed, ExitCodes.Internal];
        Assert.All(codes, code => Assert.Contains(string.Format(null, form, code), text, StringComparison.Ordinal));
    }
}
