namespace Vmm.Host;

/// <summary>
/// Something the user can mend: a wrong option, a missing file, a host that cannot do what was asked. Printed as one
/// line (<c>vmm: message</c>), never with a stack trace.
/// </summary>
internal class VmmException(string message, int exitCode = ExitCodes.StartFailed, Exception? cause = null)
    : Exception(message, cause)
{
    /// <summary>What the process exits with.</summary>
    public int ExitCode { get; } = exitCode;
}
