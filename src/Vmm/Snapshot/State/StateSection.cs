using System.Text.Json;
using System.Text.Json.Serialization;

namespace Vmm.Snapshot.State;

/// <summary>What one part of a machine held.</summary>
/// <param name="Name">The part's <see cref="Devices.State.IStateful.StateName"/>.</param>
/// <param name="Version">The version of its form.</param>
/// <param name="State">What it held.</param>
internal sealed record StateSection(string Name, int Version, [property: JsonConverter(typeof(SectionText))] JsonElement State);
