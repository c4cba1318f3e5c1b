using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Vmm.Machine.Config;
using Vmm.Migration.Protocol;

namespace Vmm.Migration.Transport;

/// <summary>A message that came.</summary>
/// <param name="Type">What it is.</param>
/// <param name="Payload">What it says.</param>
internal sealed record Message(MessageType Type, byte[] Payload)
{
    /// <summary>Reads it as JSON.</summary>
    /// <exception cref="ProtocolException">It is not that.</exception>
    public T As<T>(JsonTypeInfo<T> json)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(Payload, json) ?? throw new ProtocolException($"a message of type {Type} says null");
        }
        catch (JsonException wrong)
        {
            throw new ProtocolException($"a message of type {Type} cannot be read: {Printable.Escape(wrong.Message)}", wrong);
        }
    }

    /// <summary>Reads it as a number of 32 bits.</summary>
    /// <exception cref="ProtocolException">It is not that long.</exception>
    public uint AsNumber() => Payload.Length == sizeof(uint)
        ? BinaryPrimitives.ReadUInt32LittleEndian(Payload)
        : throw new ProtocolException($"a message of type {Type} has {Payload.Length} bytes, where a number has {sizeof(uint)}");
}
