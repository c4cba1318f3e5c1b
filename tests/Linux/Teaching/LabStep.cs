using System.Text;
using System.Text.RegularExpressions;

namespace Vmm.Tests.Linux.Teaching;

/// <summary>A command of a lab's text, and what the text says that it prints.</summary>
/// <param name="Line">Where it is in the text, from 1.</param>
/// <param name="Command">What is typed.</param>
/// <param name="Expected">The lines that it prints; <c>…</c> stands for anything, within a line or in place of lines. Where none stands, nothing is left out. Empty lines do not count.</param>
public sealed record LabStep(int Line, string Command, IReadOnlyList<string> Expected)
{
    private const string Prompt = "$ ";
    private const string Anything = "…";

    /// <summary>What is said to be missing when a command prints something behind the last line of the text.</summary>
    public const string End = "(the end)";

    /// <summary>The commands of a text: the lines in <c>console</c> blocks that begin with a prompt.</summary>
    public static IReadOnlyList<LabStep> Read(string text)
    {
        List<LabStep> steps = [];
        List<string>? expected = null;
        bool inside = false;
        string[] lines = text.Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            if (lines[i].StartsWith("```", StringComparison.Ordinal))
            {
                inside = !inside && lines[i] == "```console";
                expected = null;
            }
            else if (inside && lines[i].StartsWith(Prompt, StringComparison.Ordinal))
            {
                int line = i + 1;
                string command = lines[i][Prompt.Length..];
                while (command.EndsWith('\\'))
                    command = command[..^1] + lines[++i].Trim();
                expected = [];
                steps.Add(new LabStep(line, command, expected));
            }
            else if (inside)
            {
                expected?.Add(lines[i].TrimEnd());
            }
        }
        return steps;
    }

    /// <summary>The first expected line that does not come where it is expected, or <see cref="End"/> when more is printed than the text says; null when all is as it says.</summary>
    public string? FirstMissing(string printed)
    {
        string lines = string.Concat(printed.Split('\n').Select(line => line.TrimEnd()).Where(line => line.Length > 0).Select(line => line + '\n'));
        StringBuilder pattern = new(@"\A");
        foreach (string line in Expected.Where(line => line.Length > 0))
        {
            pattern.Append(line == Anything ? @"(.*\n)*" : Pattern(line));
            if (!Matches(lines, pattern.ToString()))
                return line;
        }
        return Matches(lines, pattern.Append(@"\z").ToString()) ? null : End;
    }

    private static string Pattern(string line) =>
        string.Join(".*", line.Split(Anything).Select(part => Regex.Replace(Regex.Escape(part), @"(\\ )+", " +"))) + @"\n";

    private static bool Matches(string lines, string pattern) => Regex.IsMatch(lines, pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
}
