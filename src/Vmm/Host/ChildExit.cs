using System.Globalization;

namespace Vmm.Host;

/// <summary>How another program ended.</summary>
/// <param name="Status">As waitpid tells it.</param>
internal readonly record struct ChildExit(int Status)
{
    /// <summary>Its exit code; null when a signal ended it (bits/waitstatus.h: WIFEXITED, WEXITSTATUS).</summary>
    public int? Code => (Status & 0x7f) == 0 ? Status >> 8 & 0xff : null;

    /// <inheritdoc/>
    public override string ToString() => Code is int code
        ? string.Create(CultureInfo.InvariantCulture, $"exit status {code}")
        : string.Create(CultureInfo.InvariantCulture, $"signal {Status & 0x7f}");
}
