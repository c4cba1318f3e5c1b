using System.Text.Json.Serialization;

namespace Vmm.Machine.Config;

/// <summary>What happens when a vCPU of the guest cannot go on.</summary>
[JsonConverter(typeof(WordConverter<CrashPolicy>))]
internal enum CrashPolicy
{
    /// <summary>The guest's run ends; a triple fault is a reset, for which <see cref="RebootPolicy"/> counts.</summary>
    End,

    /// <summary>Every vCPU is held as it is, to be looked at.</summary>
    Preserve,
}
