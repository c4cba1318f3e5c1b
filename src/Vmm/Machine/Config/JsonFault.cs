using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Vmm.Machine.Config;

/// <summary>Says in a user's words what System.Text.Json says in a programmer's.</summary>
internal static class JsonFault
{
    private const string Root = "$";

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
        if (fault.Message.StartsWith("Duplicate property", StringComparison.Ordinal))
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
        int end = message.IndexOf(" Path: ", StringComparison.Ordinal);
        if (end < 0)
            end = message.IndexOf(" LineNumber: ", StringComparison.Ordinal);
        return end < 0 ? message : message[..end];
    }
}
