using Vmm.Machine.Config;

namespace Vmm.Api;

/// <summary>The table of calls.</summary>
internal sealed class ApiRoutes
{
    private const int BadRequest = 400;
    private const int NotFound = 404;

    private readonly Dictionary<string, ApiRoute> _routes;

    /// <summary>Makes the table.</summary>
    /// <param name="routes">One a path.</param>
    public ApiRoutes(IEnumerable<ApiRoute> routes) => _routes = routes.ToDictionary(route => route.Path, StringComparer.Ordinal);

    /// <summary>All of them.</summary>
    public IEnumerable<ApiRoute> All => _routes.Values;

    /// <summary>The call for a request.</summary>
    /// <exception cref="ApiException">There is none.</exception>
    public ApiRoute Find(string method, string path)
    {
        if (!_routes.TryGetValue(path, out ApiRoute? route))
            throw new ApiException(NotFound, $"there is no call '{Printable.Escape(path)}'{Suggestion.For(path, _routes.Keys)}");
        return route.Method == method ? route : throw new ApiException(BadRequest, $"{path} is a {route.Method}, not a {Printable.Escape(method)}");
    }
}
