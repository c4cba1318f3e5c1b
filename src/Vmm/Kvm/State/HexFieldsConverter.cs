using System.Text.Json;
using System.Text.Json.Serialization;

namespace Vmm.Kvm.State;

/// <summary>
/// A small record of registers, as it stands a hundred times in a vCPU's section: <c>{"index":"0x10","value":"0x1f"}</c>. By hand, for a
/// guest waits for it: the serializer, which knows no order, takes four times as long to find out which field is which.
/// </summary>
/// <param name="names">The fields, each of which has to be there once; in any order, but fastest in this one.</param>
/// <param name="read">Makes a record of the fields' values.</param>
/// <param name="write">Puts a record's values where the fields' belong.</param>
internal abstract class HexFieldsConverter<T>(JsonEncodedText[] names, HexFieldsConverter<T>.Reader read, HexFieldsConverter<T>.Writer write) : JsonConverter<T>
{
    /// <summary>Makes a record.</summary>
    public delegate T Reader(ReadOnlySpan<ulong> values);

    /// <summary>Takes a record apart.</summary>
    public delegate void Writer(T record, Span<ulong> values);

    /// <inheritdoc/>
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException();
        Span<ulong> values = stackalloc ulong[names.Length];
        (uint missing, int next) = ((1u << names.Length) - 1, 0);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            int field = Find(ref reader, next);
            if ((missing & 1u << field) == 0)
                throw new JsonException($"the field '{names[field]}' comes twice in one object");
            missing &= ~(1u << field);
            next = field + 1;
            reader.Read();
            values[field] = HexConverter.Read(ref reader);
        }
        return missing == 0 ? read(values) : throw new JsonException($"it has no '{names[int.TrailingZeroCount((int)missing)]}'");
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
    {
        Span<ulong> values = stackalloc ulong[names.Length];
        write(value, values);
        writer.WriteStartObject();
        for (int i = 0; i < names.Length; i++)
        {
            writer.WritePropertyName(names[i]);
            HexConverter.Write(writer, values[i]);
        }
        writer.WriteEndObject();
    }

    private int Find(ref Utf8JsonReader reader, int next)
    {
        for (int i = 0; i < names.Length; i++)
        {
            int field = (next + i) % names.Length;
            if (reader.ValueTextEquals(names[field].EncodedUtf8Bytes))
                return field;
        }
        throw new JsonException($"there is no field '{Machine.Config.Printable.Escape(reader.GetString()!)}' here");
    }
}
