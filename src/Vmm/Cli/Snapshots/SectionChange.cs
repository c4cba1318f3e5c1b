using System.Text.Json.Serialization;
using Vmm.Machine.Config;

namespace Vmm.Cli.Snapshots;

/// <summary>How a part of the machine in one snapshot compares with that in another.</summary>
[JsonConverter(typeof(WordConverter<SectionChange>))]
internal enum SectionChange
{
    /// <summary>It held the same.</summary>
    Same,

    /// <summary>It held something else.</summary>
    Differs,

    /// <summary>The second has none.</summary>
    Removed,

    /// <summary>The first has none.</summary>
    Added,
}
