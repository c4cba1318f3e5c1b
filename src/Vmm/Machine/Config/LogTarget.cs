using System.Text.Json.Serialization;

namespace Vmm.Machine.Config;

/// <summary>Where a log goes.</summary>
[JsonConverter(typeof(WordConverter<LogTarget>))]
internal enum LogTarget
{
    /// <summary>Lines on standard error.</summary>
    Stderr,

    /// <summary>Lines at the end of a file.</summary>
    File,

    /// <summary>The host's journal (systemd-journald).</summary>
    Journal,

    /// <summary>Nowhere.</summary>
    Off,
}
