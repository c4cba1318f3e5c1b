using System.Text.Json;
using Vmm.Machine.Config;

namespace Vmm.Api;

/// <summary>
/// The fields of one JSON object of a request. Each is taken once, by name; <see cref="Done"/> then refuses what nobody
/// asked for, knowing what could have been meant. Every error names the field by its whole path.
/// </summary>
internal sealed class ApiFields
{
    private readonly string _path;
    private readonly Dictionary<string, JsonElement> _fields = new(StringComparer.Ordinal);
    private readonly List<string> _known = [];

    /// <summary>Takes the fields of an object.</summary>
    /// <param name="path">Where the object is; empty for the body itself.</param>
    /// <param name="element">The object.</param>
    public ApiFields(string path, JsonElement element)
    {
        _path = path;
        if (element.ValueKind != JsonValueKind.Object)
            throw ApiException.Field(path, "expected an object: { … }");
        foreach (JsonProperty field in element.EnumerateObject())
            _fields.Add(field.Name, field.Value);
    }

    /// <summary>A field's whole path.</summary>
    public string PathOf(string name) => _path.Length == 0 ? name : $"{_path}.{name}";

    /// <summary>A string; null when it is not given.</summary>
    public string? Text(string name) => Take(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        _ => throw Wrong(name, "expected a string in quotes"),
    };

    /// <summary>True or false; false when it is not given.</summary>
    public bool Flag(string name) => Take(name) switch
    {
        null or { ValueKind: JsonValueKind.False } => false,
        { ValueKind: JsonValueKind.True } => true,
        _ => throw Wrong(name, "expected true or false"),
    };

    /// <summary>A whole number that is not negative; null when it is not given.</summary>
    public ulong? Number(string name) => Take(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } number when number.TryGetUInt64(out ulong value) => value,
        { ValueKind: JsonValueKind.Number } number => throw Wrong(name, $"{Printable.Escape(number.GetRawText(), longest: 40)} is no whole number from 0 to 2^64-1"),
        _ => throw Wrong(name, "expected a whole number"),
    };

    /// <summary>A number that fits into 31 bits.</summary>
    public int? SmallNumber(string name) => Number(name) switch
    {
        null => null,
        <= int.MaxValue and ulong value => (int)value,
        ulong value => throw Wrong(name, $"{value} is too large"),
    };

    /// <summary>An object; null when it is not given.</summary>
    public ApiFields? Object(string name) => Take(name) is { } element ? new ApiFields(PathOf(name), element) : null;

    /// <summary>The objects of a list; none when it is not given.</summary>
    public IReadOnlyList<ApiFields> List(string name)
    {
        if (Take(name) is not { } list)
            return [];
        if (list.ValueKind != JsonValueKind.Array)
            throw Wrong(name, "expected a list: [ … ]");
        return [.. list.EnumerateArray().Select((element, index) => new ApiFields($"{PathOf(name)}[{index}]", element))];
    }

    /// <summary>The strings of a list; null when it is not given.</summary>
    public IReadOnlyList<string>? Texts(string name) => Elements(name, "strings in quotes: [ \"…\" ]", element =>
        element.ValueKind == JsonValueKind.String ? element.GetString() : null);

    /// <summary>The numbers of a list, each of which fits into 31 bits; null when it is not given.</summary>
    public IReadOnlyList<int>? SmallNumbers(string name) => Elements<int?>(name, "whole numbers: [ … ]", element =>
        element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out int value) && value >= 0 ? value : null)?.Select(value => value!.Value).ToArray();

    /// <summary>Fields of Cloud Hypervisor's that are not supported here: they pass when their value asks for nothing.</summary>
    public void Nothing(params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            if (Take(name) is { } value && !AsksForNothing(value))
                throw Wrong(name, "is not supported by vmm; leave it out");
        }
    }

    /// <summary>A field that passes with the value that describes what vmm does anyway.</summary>
    /// <param name="name">The field.</param>
    /// <param name="only">The values that pass, as JSON.</param>
    public void Only(string name, params ReadOnlySpan<string> only)
    {
        if (Take(name) is not { } value)
            return;
        string given = value.GetRawText();
        if (!only.Contains(given))
            throw Wrong(name, $"{Printable.Escape(given, longest: 40)} is not supported by vmm, only {string.Join(" or ", only.ToArray())}");
    }

    /// <summary>Refuses what is left.</summary>
    public void Done()
    {
        foreach (string name in _fields.Keys)
            throw Wrong(Printable.Escape(name), "unknown field" + Suggestion.For(name, _known));
    }

    /// <summary>An error about a field.</summary>
    public ApiException Wrong(string name, string reason) => ApiException.Field(PathOf(name), reason);

    private List<T>? Elements<T>(string name, string form, Func<JsonElement, T?> read)
    {
        if (Take(name) is not { } list)
            return null;
        if (list.ValueKind != JsonValueKind.Array)
            throw Wrong(name, $"expected a list of {form}");
        return [.. list.EnumerateArray().Select((element, index) => read(element) ?? throw Wrong($"{name}[{index}]", $"expected a list of {form}"))];
    }

    private JsonElement? Take(string name)
    {
        _known.Add(name);
        return _fields.Remove(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    private static bool AsksForNothing(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.False => true,
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Number => value.TryGetUInt64(out ulong number) && number == 0,
        _ => false,
    };
}
