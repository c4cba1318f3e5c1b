using System.Text.RegularExpressions;

namespace Vmm.Tests.Linux.Teaching;

/// <summary>A command of a lab's text, and what the text says that it prints.</summary>
/// <param name="Line">Where it is in the text, from 1.</param>
/// <param name="Command">What is typed.</param>
/// <param name="Expected">Lines that come, in this order; <c>…</c> stands for anything, within a line or in place of lines.</param>
public sealed record LabStep(int Line, string Command, IReadOnlyList<string> Expected)
{
    private const string Prompt = "$ ";
    private const string Anything = "…";

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

    /// <summary>The first expected line that does not come; null when all do.</summary>
    public string? FirstMissing(string printed)
    {
        // What is expected after a line has to come after it.
        Queue<string> rest = new(printed.Replace("\r", "", StringComparison.Ordinal).Split('\n').Select(line => line.TrimEnd()));
        foreach (string line in Expected.Where(line => line.Length > 0 && line != Anything))
        {
            Regex pattern = new("^" + string.Join(".*", line.Split(Anything).Select(part => Regex.Replace(Regex.Escape(part), @"(\\ )+", " +"))) + "$");
            while (rest.Count > 0 && !pattern.IsMatch(rest.Peek()))
                rest.Dequeue();
            if (!rest.TryDequeue(out _))
                return line;
        }
        return null;
    }
}
