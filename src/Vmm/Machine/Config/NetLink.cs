using System.Text.Json.Serialization;

namespace Vmm.Machine.Config;

/// <summary>A network device's cable.</summary>
[JsonConverter(typeof(WordConverter<NetLink>))]
internal enum NetLink
{
    /// <summary>Plugged in.</summary>
    Up,

    /// <summary>Pulled out: nothing goes through, and the guest is told.</summary>
    Down,
}
