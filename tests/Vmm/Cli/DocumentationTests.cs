using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
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

    [Fact]
    public void Bash_completes_each_option_where_it_is_one()
    {
        Assert.SkipUnless(File.Exists("/bin/bash"), "no bash here");
        (string Line, Command Command)[] verbs = [.. CommandLine.Create().Subcommands.SelectMany(verb => Lines(verb, "vmm"))];
        // What bash-completion does for it, and then each command line with a dash at its end.
        StringBuilder script = new("_init_completion() { words=(\"${COMP_WORDS[@]}\"); cword=$COMP_CWORD; cur=${words[cword]}; prev=${words[cword-1]}; }\n");
        script.Append("_filedir() { :; }; compopt() { :; }; vmm() { :; }\n").Append(Read("completions/vmm.bash"));
        foreach ((string line, _) in verbs)
            script.Append(CultureInfo.InvariantCulture, $"\nCOMP_WORDS=({line} -); COMP_CWORD={line.Count(c => c == ' ') + 1}; COMPREPLY=(); _vmm; echo \"= ${{COMPREPLY[*]}}\"");
        ProcessStartInfo start = new("/bin/bash", ["--norc"]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        using Process bash = Process.Start(start)!;
        bash.StandardInput.Write(script.Append('\n'));
        bash.StandardInput.Close();
        string[] offered = bash.StandardOutput.ReadToEnd().TrimEnd('\n').Split('\n');
        Assert.Equal(verbs.Length, offered.Length);
        Assert.Empty(verbs.Zip(offered).SelectMany(pair => Options(pair.First.Command).Except(pair.Second.Split(' ')).Select(missing => $"{pair.First.Line} {missing}")));
    }

    /// <summary>Each command that has none below it, and how it is typed, up to its options.</summary>
    private static IEnumerable<(string Line, Command Command)> Lines(Command command, string before)
    {
        // 'vmm agent VM exec': the name stands before the verb.
        string line = $"{before} {command.Name}{(command.Name == "agent" ? " vm" : "")}";
        return command.Hidden ? [] : command.Subcommands.Count == 0 ? [(line, command)] : command.Subcommands.SelectMany(one => Lines(one, line));
    }

    private static IEnumerable<string> Options(Command command) => command.Options.Where(option => !option.Hidden && option.Name != "--help").Select(option => option.Name);

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
