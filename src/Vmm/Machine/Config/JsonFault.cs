using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Vmm.Machine.Config;

/// <summary>Says in a user's words what System.Text.Json says in a programmer's.</summary>
internal static class JsonFault
{
    private const string Root = "$";

    /// <summary>How the runtime begins to say that a name comes twice.</summary>
    private const string Duplicate = "Duplicate property '";

    /// <summary>The field as users write it: <c>disk[1].path</c>; empty for the document as a whole.</summary>
    public static string Field(JsonException fault) =>
        fault.Path is null or Root ? "" : fault.Path.StartsWith("$.", StringComparison.Ordinal) ? fault.Path[2..] : fault.Path;

    /// <summary>What is wrong, without the field and the line.</summary>
    public static string Explain(JsonException fault)
    {
        // The converters' own words; System.Text.Json adds its path only to messages of its making.
        if (fault.InnerException is FormatException && !fault.Message.Contains("Path: ", StringComparison.Ordinal))
            return fault.Message;
        if (fault.Message.StartsWith("expected ", StringComparison.Ordinal))
            return fault.Message;
        if (fault.Message.StartsWith(Duplicate, StringComparison.Ordinal))
            return "is given twice";
        if (fault.Message.Contains("doesn't allow setting null", StringComparison.Ordinal))
            return "null is not possible here; leave the field out";

        (JsonTypeInfo? type, string? unknown, JsonTypeInfo? owner) = Walk(Field(fault));
        if (unknown is not null)
            return "unknown field" + Suggestion.For(unknown, owner!.Properties.Select(property => property.Name));
        if (fault.Message.Contains("missing required properties", StringComparison.Ordinal) && type is not null)
            return "lacks " + string.Join(", ", type.Properties.Where(property => property.IsRequired).Select(property => $"'{property.Name}'"));
        return fault.Message.Contains("could not be converted", StringComparison.Ordinal) && type is not null
            ? "expected " + Form(type)
            : "not JSON here: " + Syntax(fault.Message);
    }

    /// <summary>Whether it is no JSON at all, rather than JSON of something else.</summary>
    public static bool IsSyntax(JsonException fault) => fault.InnerException is JsonException;

    /// <summary>What is wrong with a document of another kind than a machine's, and where.</summary>
    public static string Describe(JsonException fault) => fault is { LineNumber: long line, BytePositionInLine: long position }
        ? string.Create(CultureInfo.InvariantCulture, $"line {line + 1}, byte {position + 1}: {Syntax(fault.Message)}")
        : Syntax(fault.Message);

    /// <summary>Follows a path through the model: to a type, or to the first name that the model does not know.</summary>
    private static (JsonTypeInfo? Type, string? Unknown, JsonTypeInfo? Owner) Walk(string field)
    {
        JsonTypeInfo type = MachineConfigJson.Default.MachineConfig;
        foreach (string part in field.Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            int bracket = part.IndexOf('[', StringComparison.Ordinal);
            string name = bracket < 0 ? part : part[..bracket];
            JsonPropertyInfo? property = type.Properties.FirstOrDefault(candidate => candidate.Name == name);
            if (property is null)
                return (null, name, type);
            type = TypeOf(property.PropertyType);
            if (bracket >= 0 && type.ElementType is Type element)
                type = TypeOf(element);
        }
        return (type, null, null);
    }

    private static JsonTypeInfo TypeOf(Type type) =>
        MachineConfigJson.Default.GetTypeInfo(type) ?? throw new InvalidOperationException($"{type.Name} is not part of the model.");

    private static string Form(JsonTypeInfo type) => type.Kind switch
    {
        JsonTypeInfoKind.Object => "an object: { … }",
        JsonTypeInfoKind.Enumerable => "a list: [ … ]",
        _ when type.Type == typeof(bool) => "true or false",
        _ when type.Type == typeof(int?) => "a whole number",
        _ => "a string in quotes",
    };

    private static string Syntax(string message)
    {
        if (message.StartsWith("The input does not contain any JSON tokens", StringComparison.Ordinal))
            return "it is empty";
        // In the middle of a value, or after one, with something open around it.
        if (message.Contains("reached end of data", StringComparison.Ordinal) || message.StartsWith("Expected depth to be zero", StringComparison.Ordinal))
            return "it ends before everything in it is closed";
        if (message.StartsWith("The maximum configured depth", StringComparison.Ordinal))
            return "it is nested too deeply";
        if (message.StartsWith(Duplicate, StringComparison.Ordinal) && message.IndexOf('\'', Duplicate.Length) is int closing and > 0)
            return $"{message[(Duplicate.Length - 1)..closing]}' is given twice";
        int end = message.Length;
        foreach (string tail in (string[])[" Path: ", " LineNumber: ", " Change the reader options"])
        {
            if (message.IndexOf(tail, StringComparison.Ordinal) is int found and >= 0)
                end = Math.Min(end, found);
        }
        return message[..end].TrimEnd('.');
    }
}
