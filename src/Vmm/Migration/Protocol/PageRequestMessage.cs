using System.Buffers.Binary;

namespace Vmm.Migration.Protocol;

/// <summary>The payload of <see cref="MessageType.PageRequest"/>: the page's offset in RAM, 64 bits, little-endian.</summary>
internal static class PageRequestMessage
{
    /// <summary>Bytes.</summary>
    public const int Size = sizeof(ulong);

    /// <summary>Writes it.</summary>
    public static void Write(Span<byte> payload, ulong offset) => BinaryPrimitives.WriteUInt64LittleEndian(payload, offset);

    /// <summary>Reads it.</summary>
    /// <param name="payload">The payload.</param>
    /// <param name="memory">RAM in bytes.</param>
    /// <exception cref="ProtocolException">It is no page of this RAM.</exception>
    public static ulong Read(ReadOnlySpan<byte> payload, ulong memory)
    {
        if (payload.Length != Size)
            throw new ProtocolException($"a request for a page has {payload.Length} bytes, where {Size} are due");
        ulong offset = BinaryPrimitives.ReadUInt64LittleEndian(payload);
        return offset < memory && offset % PageMessage.PageSize == 0
            ? offset
            : throw new ProtocolException($"a page at 0x{offset:x} was asked for, which is none of RAM, which has 0x{memory:x} bytes");
    }
}
