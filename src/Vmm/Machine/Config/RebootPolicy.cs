using System.Text.Json.Serialization;

namespace Vmm.Machine.Config;

/// <summary>What happens when the guest resets itself.</summary>
[JsonConverter(typeof(WordConverter<RebootPolicy>))]
internal enum RebootPolicy
{
    /// <summary>The machine starts again from its kernel.</summary>
    Reset,

    /// <summary>The process ends.</summary>
    Exit,
}
