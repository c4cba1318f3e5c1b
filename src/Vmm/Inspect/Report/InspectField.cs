namespace Vmm.Inspect.Report;

/// <summary>A fact with its name.</summary>
/// <param name="Name">In words.</param>
/// <param name="Value">The fact.</param>
internal sealed record InspectField(string Name, InspectCell Value);
