using System.Text;

namespace Vmm.Lab.Channel;

/// <summary>What a finished command left behind.</summary>
public sealed record LabResult(string Command, int ExitCode, byte[] OutputBytes, byte[] ErrorBytes)
{
    /// <summary>Standard output as text.</summary>
    public string Output => Encoding.UTF8.GetString(OutputBytes);

    /// <summary>Standard error as text.</summary>
    public string Error => Encoding.UTF8.GetString(ErrorBytes);

    /// <summary>This, when the command exited with 0; else an exception that shows what it said.</summary>
    public LabResult EnsureSuccess() => ExitCode == 0
        ? this
        : throw new LabException($"'{Command}' exited with {ExitCode}\n{Output}{Error}");
}
