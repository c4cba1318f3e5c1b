using System.Text.Json.Serialization;
using Vmm.Machine.Config;

namespace Vmm.Migration;

/// <summary>Where the guest runs while its memory goes.</summary>
[JsonConverter(typeof(WordConverter<MigrationMode>))]
internal enum MigrationMode
{
    /// <summary>At the source, until all but a little has gone.</summary>
    Precopy,

    /// <summary>At the destination from the start: its memory follows, what it touches first.</summary>
    Postcopy,

    /// <summary>At the source for some rounds, and if what is left is too much, at the destination then.</summary>
    Hybrid,

    /// <summary>At the source until it is held: its memory does not go, but is handed over as it is, to a process on this host.</summary>
    Local,
}
