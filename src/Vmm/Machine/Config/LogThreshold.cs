using System.Text.Json.Serialization;

namespace Vmm.Machine.Config;

/// <summary>The least serious messages that a log takes, by whom they are for.</summary>
[JsonConverter(typeof(WordConverter<LogThreshold>))]
internal enum LogThreshold
{
    /// <summary>The operator: something does not work.</summary>
    Error,

    /// <summary>The operator: something is not as it should be.</summary>
    Warning,

    /// <summary>What happened in the machine's life.</summary>
    Info,

    /// <summary>The developer of vmm.</summary>
    Debug,

    /// <summary>Details of protocols.</summary>
    Trace,
}
