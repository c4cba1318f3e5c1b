using System.Text.Json;
using System.Text.Unicode;
using Vmm.Machine.Config;

namespace Vmm.Api;

/// <summary>The body of a call that takes a few fields.</summary>
internal static class ApiBody
{
    private const int DeepestNesting = 3;

    private static readonly JsonDocumentOptions s_strict = new() { MaxDepth = DeepestNesting, AllowDuplicateProperties = false };

    /// <summary>Reads it, and refuses what nobody asked for.</summary>
    /// <param name="body">The body.</param>
    /// <param name="form">What it looks like, for who sent none: <c>vm.resize needs a body: { … }</c>.</param>
    /// <param name="read">Takes the fields.</param>
    /// <exception cref="ApiException">Naming the field that is wrong.</exception>
    public static T Read<T>(ReadOnlyMemory<byte> body, string form, Func<ApiFields, T> read)
    {
        if (body.Length == 0 || !Utf8.IsValid(body.Span))
            throw new ApiException(ApiException.BadRequest, form);
        try
        {
            using JsonDocument document = JsonDocument.Parse(body, s_strict);
            ApiFields fields = new("", document.RootElement);
            T value = read(fields);
            fields.Done();
            return value;
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            throw Unreadable(wrong);
        }
    }

    /// <summary>Says what is wrong with a body that could not be read as JSON.</summary>
    public static ApiException Unreadable(Exception wrong) => new(ApiException.BadRequest, wrong is JsonException syntax
        ? $"the body is not JSON as it must be: {Printable.Escape(JsonFault.Describe(syntax))}"
        : "the body holds a string that is no text: half of a surrogate pair (such as \\ud800 alone)");
}
