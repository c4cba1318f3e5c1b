using System.Text.Json.Serialization;
using Vmm.Machine.Config;

namespace Vmm.Migration;

/// <summary>What is done with a guest that writes faster than its memory can be sent, when the time is over.</summary>
[JsonConverter(typeof(WordConverter<TimeoutPolicy>))]
internal enum TimeoutPolicy
{
    /// <summary>It stays where it is.</summary>
    Cancel,

    /// <summary>It is held for as long as the rest takes.</summary>
    Continue,

    /// <summary>It goes on at the destination, and the rest follows.</summary>
    Postcopy,
}
