using System.Text.Json.Serialization;

namespace Vmm.Machine.Config;

/// <summary>Who moves a tap's frames.</summary>
[JsonConverter(typeof(WordConverter<NetVhost>))]
internal enum NetVhost
{
    /// <summary>vmm itself.</summary>
    Off,

    /// <summary>The host's kernel (vhost-net), whenever nothing needs vmm's own hands; without it the machine is refused.</summary>
    On,

    /// <summary>The host's kernel where that can be had, else vmm.</summary>
    Auto,
}
