namespace Vmm.Api;

/// <summary>One call of the API.</summary>
/// <param name="Method">GET or PUT.</param>
/// <param name="Path">The whole path.</param>
/// <param name="Answer">Does it, given the request's body.</param>
/// <param name="TakesBody">Whether it has a body; a call that has none refuses one.</param>
/// <param name="Turn">When it is its turn, if it is a PUT.</param>
internal sealed record ApiRoute(string Method, string Path, Func<ReadOnlyMemory<byte>, ApiAnswer> Answer, bool TakesBody = false, ApiTurn Turn = ApiTurn.InOrder)
{
    /// <summary>Its name, without where it is.</summary>
    public string Name => Path[(Path.LastIndexOf('/') + 1)..];
}
