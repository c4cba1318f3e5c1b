namespace Vmm.Host;

/// <summary>
/// Something the user can mend: a wrong option, a missing file, a host that cannot do what was asked. Printed as one
/// line (<c>vmm: message</c>), never with a stack trace.
/// </summary>
internal sealed class VmmException(string message, int exitCode = VmmException.StartFailed, Exception? cause = null)
    : Exception(message, cause)
{
    /// <summary>Exit code for a machine that could not be started.</summary>
    public const int StartFailed = 1;

    /// <summary>What the process exits with.</summary>
    public int ExitCode { get; } = exitCode;
}
