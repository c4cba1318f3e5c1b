using System.Buffers;
using System.Text.Json;
using Vmm.Host;

namespace Vmm.Snapshot.State;

/// <summary>A machine's state as bytes: sealed JSON, in a file of a snapshot or in a message of a migration.</summary>
internal static class StateFile
{
    /// <summary>What its first line calls it.</summary>
    public const string Kind = "state";

    /// <summary>The version of the list of sections; each section has its own.</summary>
    public const int Version = 1;

    /// <summary>The most bytes that are read: 512 vCPUs with all their registers, several times over.</summary>
    public const int LargestSize = 64 << 20;

    /// <summary>More than one vCPU and some devices take, in bytes.</summary>
    private const int UsualSize = 64 << 10;

    // What the serializer writes is well formed.
    private static readonly JsonWriterOptions s_compact = new() { SkipValidation = true };

    /// <summary>To bytes for people: a line a field.</summary>
    public static byte[] Write(SavedState state) =>
        SealedText.Seal(Kind, Version, JsonSerializer.SerializeToUtf8Bytes(state, SnapshotJson.Default.SavedState));

    /// <summary>To bytes that a guest waits for: the same, without a space.</summary>
    public static byte[] WriteCompact(SavedState state)
    {
        ArrayBufferWriter<byte> json = new(UsualSize);
        using (Utf8JsonWriter writer = new(json, s_compact))
            JsonSerializer.Serialize(writer, state, SnapshotJson.Default.SavedState);
        return SealedText.Seal(Kind, Version, json.WrittenSpan);
    }

    /// <summary>From bytes. What they say is well formed then, and may still be no state that a machine can be in.</summary>
    /// <param name="bytes">What <see cref="Write"/> made.</param>
    /// <param name="where">Their name for messages.</param>
    /// <exception cref="VmmException">They are damaged, foreign or newer.</exception>
    public static SavedState Read(ReadOnlyMemory<byte> bytes, string where)
    {
        ReadOnlyMemory<byte> json = SealedText.Open(bytes, Kind, Version, where, out _);
        try
        {
            SavedState state = SavedStateText.Read(json.Span);
            if (state.Sections.GroupBy(section => section.Name).FirstOrDefault(same => same.Count() > 1) is { } twice)
                throw new VmmException($"{where}: it has the section '{Vmm.Machine.Config.Printable.Escape(twice.Key)}' twice: it is damaged");
            return state.Architecture == SavedState.ThisArchitecture
                ? state
                : throw new VmmException($"{where}: it is of a machine with {Vmm.Machine.Config.Printable.Escape(state.Architecture)} processors, and this is {SavedState.ThisArchitecture}");
        }
        catch (JsonException wrong)
        {
            throw new VmmException($"{where}: {wrong.Message}", cause: wrong);
        }
    }
}
