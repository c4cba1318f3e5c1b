using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Vmm.Devices.State;

/// <summary>Saved records to and from JSON. Strict: an unknown or missing field is an error.</summary>
public static class StateJson
{
    /// <summary>A record as JSON.</summary>
    /// <remarks>
    /// Not by <c>SerializeToElement</c>: where names must not come twice that looks at its own work, and loads OpenSSL for a random
    /// number to do so, which takes some milliseconds, and the guest may be held meanwhile.
    /// </remarks>
    public static JsonElement Write<T>(T record, JsonTypeInfo<T> type) => JsonElement.Parse(JsonSerializer.SerializeToUtf8Bytes(record, type));

    /// <summary>A record from JSON.</summary>
    /// <param name="section">Whose state it is, for messages.</param>
    /// <param name="state">What was saved.</param>
    /// <param name="type">How it is read.</param>
    /// <exception cref="StateException">It is no such record; the message names the field.</exception>
    public static T Read<T>(string section, JsonElement state, JsonTypeInfo<T> type) where T : class
    {
        try
        {
            return state.Deserialize(type) ?? throw new StateException(section, "it is null");
        }
        catch (Exception fault) when (fault is JsonException or NotSupportedException or InvalidOperationException or FormatException)
        {
            throw new StateException(section, Message(fault), fault);
        }
    }

    /// <summary>The serializer's own messages say where; those of a converter do not.</summary>
    private static string Message(Exception fault) =>
        fault is JsonException { Path: { } path } && !fault.Message.Contains(path, StringComparison.Ordinal) ? $"{path}: {fault.Message}" : fault.Message;

    /// <summary>A section's record from JSON, of a version that its owner can read.</summary>
    /// <param name="owner">Whose state it is.</param>
    /// <param name="version">The section's version.</param>
    /// <param name="state">What was saved.</param>
    /// <param name="type">How it is read.</param>
    /// <exception cref="StateException">The version is too new, or it is no such record.</exception>
    public static T Read<T>(IStateful owner, int version, JsonElement state, JsonTypeInfo<T> type) where T : class
    {
        Require(version >= 1 && version <= owner.StateVersion, owner.StateName, $"version {version} is none that this vmm can read; it knows 1 to {owner.StateVersion}");
        return Read(owner.StateName, state, type);
    }

    /// <summary>Says that a state is illegal, unless it is not.</summary>
    /// <param name="holds">What has to be so.</param>
    /// <param name="section">Whose state it is.</param>
    /// <param name="what">What is wrong otherwise.</param>
    /// <exception cref="StateException">It is not so.</exception>
    public static void Require([DoesNotReturnIf(false)] bool holds, string section, string what)
    {
        if (!holds)
            throw new StateException(section, what);
    }
}
