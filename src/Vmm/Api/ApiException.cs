namespace Vmm.Api;

/// <summary>A request that cannot be done as it is.</summary>
/// <param name="status">The HTTP status: 4xx.</param>
/// <param name="reason">One line: the field, what is wrong with it, what would be right.</param>
internal sealed class ApiException(int status, string reason) : Exception(reason)
{
    /// <summary>The HTTP status of a request whose content is wrong.</summary>
    public const int BadRequest = 400;

    /// <summary>The HTTP status of a request that cannot be done while something else is.</summary>
    public const int Conflict = 409;

    /// <summary>The HTTP status of an answer.</summary>
    public int Status { get; } = status;

    /// <summary>Something wrong with one field of the body.</summary>
    public static ApiException Field(string field, string reason) => new(BadRequest, field.Length == 0 ? reason : $"{field}: {reason}");
}
