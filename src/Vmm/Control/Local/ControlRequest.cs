namespace Vmm.Control.Local;

/// <summary>What one <c>vmm</c> asks of another over its control socket: one line of JSON.</summary>
internal sealed record ControlRequest
{
    /// <summary>What to do: see <see cref="ControlVerb"/>.</summary>
    public ControlVerb Verb { get; init; }

    /// <summary>The new name, for <see cref="ControlVerb.Rename"/>.</summary>
    public string? Name { get; init; }
}
