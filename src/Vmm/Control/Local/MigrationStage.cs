using System.Text.Json.Serialization;
using Vmm.Machine.Config;

namespace Vmm.Control.Local;

/// <summary>What a migration makes of a VM, as its process sees it.</summary>
[JsonConverter(typeof(WordConverter<MigrationStage>))]
internal enum MigrationStage
{
    /// <summary>Its memory is being sent, and it runs here.</summary>
    Leaving,

    /// <summary>It runs elsewhere, and the rest of its memory is being sent.</summary>
    Left,

    /// <summary>It runs elsewhere, and the link was lost before all of its memory was sent.</summary>
    Cut,

    /// <summary>Nobody knows whether it runs elsewhere: it is held here.</summary>
    Undecided,

    /// <summary>It comes here, and runs where it came from.</summary>
    Arriving,

    /// <summary>It runs here, and the rest of its memory comes.</summary>
    Arrived,

    /// <summary>It runs here, and the link was lost before all of its memory had come.</summary>
    Waiting,
}
