using System.Text.Json.Serialization;

namespace Vmm.Machine.Config;

/// <summary>What a line of a log looks like.</summary>
[JsonConverter(typeof(WordConverter<LogFormat>))]
internal enum LogFormat
{
    /// <summary>For people.</summary>
    Text,

    /// <summary>One JSON object a line, with the values of the message by name.</summary>
    Json,
}
