namespace Vmm.Api;

/// <summary>One call of the API.</summary>
/// <param name="Method">GET or PUT.</param>
/// <param name="Path">The whole path.</param>
/// <param name="Answer">Does it, given the request's body. Runs alone when it is a PUT.</param>
/// <param name="TakesBody">Whether it has a body; a call that has none refuses one.</param>
internal sealed record ApiRoute(string Method, string Path, Func<ReadOnlyMemory<byte>, ApiAnswer> Answer, bool TakesBody = false);
