using System.Text;
using System.Text.Json;

namespace Vmm.Api;

/// <summary>What a call answers.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="ContentType">What the body is; null when there is none.</param>
/// <param name="Body">The body.</param>
internal sealed record ApiAnswer(int Status, string? ContentType, ReadOnlyMemory<byte> Body)
{
    /// <summary>JSON's media type.</summary>
    public const string Json = "application/json";

    private const int Ok = 200;
    private const int NoContent = 204;

    /// <summary>Done, and there is nothing to tell.</summary>
    public static ApiAnswer Done { get; } = new(NoContent, null, default);

    /// <summary>Called when the answer has been sent.</summary>
    public Action? Afterwards { get; init; }

    /// <summary>A text.</summary>
    public static ApiAnswer Text(string contentType, string text) => new(Ok, contentType, Encoding.UTF8.GetBytes(text));

    /// <summary>JSON, as a function writes it.</summary>
    public static ApiAnswer Write(Action<Utf8JsonWriter> write) => new(Ok, Json, ToJson(write));

    /// <summary>What went wrong, as Cloud Hypervisor tells it: a list of strings.</summary>
    public static ApiAnswer Error(int status, string reason) => new(status, Json, ToJson(json =>
    {
        json.WriteStartArray();
        json.WriteStringValue(reason);
        json.WriteEndArray();
    }));

    private static byte[] ToJson(Action<Utf8JsonWriter> write)
    {
        using MemoryStream body = new();
        using (Utf8JsonWriter json = new(body))
            write(json);
        return body.ToArray();
    }
}
